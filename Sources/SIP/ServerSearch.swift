import DNS
import Wire

/// What RFC 3263 begins with: a URI's host, with its port and transport where the URI names them.
public struct ServerTarget: Hashable, Sendable {
  public var host: Host
  public var port: UInt16?
  /// Nil where DNS may say.
  public var transport: Transport?
  /// Of a SIPS URI: nothing but TLS will do.
  public var isSecure: Bool

  public init(host: Host, port: UInt16? = nil, transport: Transport? = nil, isSecure: Bool = false) {
    self.host = host
    self.port = port
    self.transport = transport
    self.isSecure = isSecure
  }

  /// Of a SIP or SIPS URI; `maddr` is not followed (see `Flow.replying`). Nil where it names a transport that is not
  /// known, or one that SIPS forbids.
  public init?(_ uri: URI) {
    guard uri.isSIP else { return nil }
    self.init(host: uri.host, port: uri.port, isSecure: uri.scheme == .sips)
    guard let name = uri.parameters["transport"] else { return }
    guard let named = Transport(name) else { return nil }
    guard isSecure else {
      transport = named
      return
    }
    // Of SIPS, `tcp` means TLS over TCP (RFC 3261 §26.2.2).
    switch named {
    case .tcp, .tls: transport = .tls
    case .wss: transport = .wss
    case .udp, .ws: return nil
    }
  }
}

/// A server to try.
public struct ServerHop: Hashable, Sendable {
  public var transport: Transport
  public var address: SocketAddress
  /// Whom its certificate has to name: the domain or address that was asked for, not what DNS made of it (RFC 5922 §4).
  public var serverName: String

  public init(_ transport: Transport, _ address: SocketAddress, serverName: String) {
    self.transport = transport
    self.address = address
    self.serverName = serverName
  }
}

/// Why no server was found.
public enum ServerSearchFailure: Error, Hashable, Sendable {
  case noAddress(String)
  /// SRV says that the service is not there (RFC 2782, a target of ".").
  case notServed(String)
  case transportUnavailable(Transport)
  case lookup(String, NameFailure)
  case tooManySearches

  public var description: String {
    switch self {
    case .noAddress(let name): "DNS knows no address for \(name)"
    case .notServed(let name): "DNS says that \(name) offers no SIP"
    case .transportUnavailable(let transport): "\(transport.viaName) is not available here"
    case .lookup(let name, let failure): "\(name) can't be looked up: \(failure.description)"
    case .tooManySearches: "too many names are being looked up"
    }
  }
}

/// Where to send a request: RFC 3263 §4 as a plain value that gathers answers. `step` says what is still to be asked, or
/// the servers in the order in which to try them.
public struct ServerSearch: Sendable {
  public enum Step: Equatable, Sendable {
    case ask([NameQuestion])
    case found([ServerHop])
    case failed(ServerSearchFailure)
  }

  /// Servers that are worth trying for one request.
  static let mostHops = 16

  public let target: ServerTarget
  /// What can be sent by, the preferred first.
  let transports: [Transport]
  /// Which kinds of address can be sent to, the preferred first.
  let families: [NameQuestion.Kind]
  private var answers: [NameQuestion: NameAnswer] = [:]

  public init(_ target: ServerTarget, transports: [Transport], hasIPv4: Bool = true, hasIPv6: Bool = true) {
    self.target = target
    self.transports = transports
    families = (hasIPv4 ? [.ipv4] : []) + (hasIPv6 ? [.ipv6] : [])
  }

  public mutating func answer(_ question: NameQuestion, _ answer: NameAnswer) { answers[question] = answer }

  /// The questions whose answers a result rests on.
  public var asked: [NameQuestion] { Array(answers.keys) }

  /// What is next. Servers of one SRV priority come in an order drawn by their weights, each time anew.
  public func step<Random: RandomNumberGenerator>(_ random: inout Random) -> Step {
    do throws(Interruption) {
      return .found(try servers(&random))
    } catch {
      switch error {
      case .missing(let questions): return .ask(questions)
      case .failed(let failure): return .failed(failure)
      }
    }
  }

  private enum Interruption: Error {
    case missing([NameQuestion])
    case failed(ServerSearchFailure)
  }

  private func servers<Random: RandomNumberGenerator>(
    _ random: inout Random
  ) throws(Interruption) -> [ServerHop] {
    let usual: Transport = target.isSecure ? .tls : .udp
    guard case .name(let name) = target.host else {
      let transport = try available(target.transport ?? usual)
      guard let ip = target.host.address else { throw .failed(.noAddress(target.host.description)) }
      return [
        ServerHop(transport, SocketAddress(ip, port: target.port ?? transport.defaultPort), serverName: ip.description)
      ]
    }
    if let port = target.port {
      return try hops(of: name, port: port, try available(target.transport ?? usual))
    }
    if let transport = target.transport {
      if let found = try served(name, by: try available(transport), &random) { return found }
      return try hops(of: name, port: transport.defaultPort, transport)
    }
    if let pointer = try pointer(of: name) {
      let records = try services(pointer.name)
      guard let records else { throw .failed(.noAddress(pointer.name)) }
      return try hops(records, pointer.transport, of: name, &random)
    }
    for transport in transports where isAllowed(transport) {
      if let found = try served(name, by: transport, &random) { return found }
    }
    let transport = try available(usual)
    return try hops(of: name, port: transport.defaultPort, transport)
  }

  private func available(_ transport: Transport) throws(Interruption) -> Transport {
    guard transports.contains(transport) else { throw .failed(.transportUnavailable(transport)) }
    return transport
  }

  private func isAllowed(_ transport: Transport) -> Bool { !target.isSecure || transport == .tls }

  /// §4.1: the domain's most preferred service that is available here, nil where NAPTR says nothing of use.
  private func pointer(of name: String) throws(Interruption) -> (transport: Transport, name: String)? {
    guard case .pointers(let records) = try records(NameQuestion(name, .pointer)) else { return nil }
    var best: (record: PointerRecord, transport: Transport)?
    for record in records where record.flags == "s" && !record.replacement.isEmpty {
      guard let transport = Transport(service: record.service), transports.contains(transport), isAllowed(transport)
      else { continue }
      if let best, (best.record.order, best.record.preference) <= (record.order, record.preference) { continue }
      best = (record, transport)
    }
    return best.map { ($0.transport, $0.record.replacement) }
  }

  /// §4.2: the servers that SRV names for a transport, nil where there are no such records.
  private func served<Random: RandomNumberGenerator>(
    _ name: String, by transport: Transport, _ random: inout Random
  ) throws(Interruption) -> [ServerHop]? {
    guard let label = transport.serviceLabel, let records = try services(label + "." + name) else { return nil }
    return try hops(records, transport, of: name, &random)
  }

  private func services(_ name: String) throws(Interruption) -> [ServiceRecord]? {
    guard case .services(let records) = try records(NameQuestion(name, .service)), !records.isEmpty else { return nil }
    return records
  }

  private func hops<Random: RandomNumberGenerator>(
    _ records: [ServiceRecord], _ transport: Transport, of name: String, _ random: inout Random
  ) throws(Interruption) -> [ServerHop] {
    let usable = records.filter { !$0.target.isEmpty }
    guard !usable.isEmpty else { throw .failed(.notServed(name)) }
    var missing: [NameQuestion] = []
    var failure: Interruption?
    var found: [ServerHop] = []
    for record in orderedByWeight(Array(usable.prefix(ServerSearch.mostHops)), &random) {
      do throws(Interruption) {
        found += try hops(of: record.target, port: record.port, transport, serverName: name)
      } catch {
        if case .missing(let questions) = error { missing += questions } else { failure = error }
      }
    }
    guard missing.isEmpty else { throw .missing(missing) }
    // One server without an address is no reason to do without the others.
    if found.isEmpty, let failure { throw failure }
    // Two records may lead to one server, which is worth one try.
    var distinct: [ServerHop] = []
    for hop in found where distinct.count < ServerSearch.mostHops && !distinct.contains(hop) { distinct.append(hop) }
    return distinct
  }

  /// The addresses of one host.
  private func hops(
    of host: String, port: UInt16, _ transport: Transport, serverName: String? = nil
  ) throws(Interruption) -> [ServerHop] {
    var missing: [NameQuestion] = []
    var failure: Interruption?
    var found: [ServerHop] = []
    for family in families {
      let question = NameQuestion(host, family)
      switch answers[question] {
      case nil: missing.append(question)
      case .found(.addresses(let addresses), _):
        for ip in addresses where found.count < ServerSearch.mostHops {
          found.append(ServerHop(transport, SocketAddress(ip, port: port), serverName: serverName ?? host))
        }
      case .failed(let reason): failure = .failed(.lookup(host, reason))
      case .found, .absent: break
      }
    }
    guard missing.isEmpty else { throw .missing(missing) }
    guard found.isEmpty else { return found }
    throw failure ?? .failed(.noAddress(host))
  }

  /// The records that a question has, nil where there are none. A failed look-up of NAPTR or SRV counts as none: many a
  /// small name server chokes on the one or the other, and the address may still be had (RFC 3263 §4.2).
  private func records(_ question: NameQuestion) throws(Interruption) -> NameRecords? {
    switch answers[question] {
    case nil: throw .missing([question])
    case .found(let records, _): return records
    case .absent, .failed: return nil
    }
  }
}

/// RFC 2782: ascending by priority; within one priority drawn in proportion to the weights, those of weight 0 with a very
/// small chance to come before others.
func orderedByWeight<Random: RandomNumberGenerator>(
  _ records: [ServiceRecord], _ random: inout Random
) -> [ServiceRecord] {
  var ordered: [ServiceRecord] = []
  var rest = records.sorted { ($0.priority, $0.weight) < ($1.priority, $1.weight) }
  while let priority = rest.first?.priority {
    let group = rest.prefix { $0.priority == priority }
    let sum = group.reduce(UInt32(0)) { $0 + UInt32($1.weight) }
    let drawn = UInt32.random(in: 0...sum, using: &random)
    var running: UInt32 = 0
    var chosen = 0
    for (i, record) in group.enumerated() {
      running += UInt32(record.weight)
      if running >= drawn {
        chosen = i
        break
      }
    }
    ordered.append(rest.remove(at: chosen))
  }
  return ordered
}

extension Transport {
  /// Of a NAPTR service field (RFC 3263 §4.1, RFC 7118 §6).
  fileprivate init?(service: String) {
    switch service {
    case "SIP+D2U": self = .udp
    case "SIP+D2T": self = .tcp
    case "SIPS+D2T": self = .tls
    default: return nil
    }
  }

  /// What stands before the domain in the name of its SRV records (RFC 3263 §4.2).
  fileprivate var serviceLabel: String? {
    switch self {
    case .udp: "_sip._udp"
    case .tcp: "_sip._tcp"
    case .tls: "_sips._tcp"
    case .ws, .wss: nil
    }
  }
}
