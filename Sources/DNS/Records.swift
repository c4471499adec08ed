import Wire

/// One question for the domain name system. Names are the same in any case, and with a trailing dot (RFC 4343).
public struct NameQuestion: Hashable, Sendable {
  /// The record's type, by its number (RFC 1035 §3.2.2, RFC 3596 §2.1, RFC 2782, RFC 3403 §4).
  public enum Kind: UInt16, Hashable, Sendable {
    case ipv4 = 1
    case ipv6 = 28
    case service = 33
    case pointer = 35
  }

  /// Lower case, without a trailing dot.
  public let name: String
  public let kind: Kind

  public init(_ name: String, _ kind: Kind) {
    let folded = lowercasedASCII(name)
    self.name = folded.utf8.last == UInt8(ascii: ".") ? String(folded.dropLast()) : folded
    self.kind = kind
  }
}

/// SRV: where a service is (RFC 2782).
public struct ServiceRecord: Hashable, Sendable {
  public var priority: UInt16
  public var weight: UInt16
  public var port: UInt16
  /// Lower case, without a trailing dot; empty where the service is decidedly not there.
  public var target: String

  public init(priority: UInt16, weight: UInt16, port: UInt16, target: String) {
    self.priority = priority
    self.weight = weight
    self.port = port
    self.target = target
  }
}

/// NAPTR: how a domain wants to be reached (RFC 3403 §4.1); those with a regular expression are not of use to SIP
/// (RFC 3263 §4.1) and are left out.
public struct PointerRecord: Hashable, Sendable {
  public var order: UInt16
  public var preference: UInt16
  /// Lower case.
  public var flags: String
  /// Upper case: `SIP+D2U`.
  public var service: String
  /// Lower case, without a trailing dot.
  public var replacement: String

  public init(order: UInt16, preference: UInt16, flags: String, service: String, replacement: String) {
    self.order = order
    self.preference = preference
    self.flags = flags
    self.service = service
    self.replacement = replacement
  }
}

public enum NameRecords: Equatable, Sendable {
  case addresses([IPAddress])
  case services([ServiceRecord])
  case pointers([PointerRecord])
}

/// Why there is no answer.
public enum NameFailure: Hashable, Sendable {
  /// No name server answered.
  case timeout
  /// A name server answered that it can't, or won't.
  case refused
  /// The answer could not be understood.
  case malformed
  /// The name is none that can be asked for.
  case badName

  public var description: String {
    switch self {
    case .timeout: "no name server answered; is the network up, and does /etc/resolv.conf or 'dns.servers' name one?"
    case .refused: "the name server failed or refused the question"
    case .malformed: "the name server's answer makes no sense"
    case .badName: "it is not a name that can be looked up"
    }
  }
}

/// What came of a question.
public enum NameAnswer: Equatable, Sendable {
  /// Good for so many seconds.
  case found(NameRecords, seconds: UInt32)
  /// There is no such name, or it has nothing of that kind (RFC 2308); good for so many seconds.
  case absent(seconds: UInt32)
  case failed(NameFailure)
}
