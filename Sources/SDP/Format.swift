import Wire

/// One payload type of an audio stream: its number and what `a=rtpmap` and `a=fmtp` say of it (RFC 8866 §6.6, §6.15).
public struct Format: Hashable, Sendable {
  /// 0…127.
  public var payloadType: UInt8
  /// As written; compare with `names`.
  public var encoding: String
  /// In hertz.
  public var clockRate: UInt32
  public var channels: UInt32
  public var parameters: String?

  public init(
    _ payloadType: UInt8, _ encoding: String, clockRate: UInt32 = 8000, channels: UInt32 = 1, parameters: String? = nil
  ) {
    self.payloadType = payloadType
    self.encoding = encoding
    self.clockRate = clockRate
    self.channels = channels
    self.parameters = parameters
  }

  /// Encoding names are compared without regard to case (RFC 4855 §3).
  public func names(_ encoding: String) -> Bool { equalsIgnoringCase(self.encoding, encoding) }

  /// Whether both numbers stand for the same encoding; parameters such as the events of telephone-event may differ.
  public func sameEncoding(as other: Format) -> Bool {
    names(other.encoding) && clockRate == other.clockRate && channels == other.channels
  }

  var rtpmap: Attribute {
    Attribute("rtpmap", "\(payloadType) \(encoding)/\(clockRate)" + (channels == 1 ? "" : "/\(channels)"))
  }

  /// What a number means without an rtpmap (RFC 3551 §6).
  static func assigned(_ payloadType: UInt8) -> Format? {
    switch payloadType {
    case 0: .pcmu
    case 3: Format(3, "GSM")
    case 4: Format(4, "G723")
    case 8: .pcma
    case 9: .g722
    case 10: Format(10, "L16", clockRate: 44100, channels: 2)
    case 11: Format(11, "L16", clockRate: 44100)
    case 13: Format(13, "CN")
    case 15: Format(15, "G728")
    case 18: Format(18, "G729")
    default: nil
    }
  }
}

/// What this box speaks itself.
extension Format {
  public static var pcmu: Format { Format(0, "PCMU") }
  public static var pcma: Format { Format(8, "PCMA") }
  /// The clock of G722 is 8000 by a historical mistake (RFC 3551 §4.5.2).
  public static var g722: Format { Format(9, "G722") }
  /// RFC 7587 §4.1, by the number that it has here where that is free.
  public static var opus: Format { Format(107, "opus", clockRate: 48000, channels: 2) }

  /// The encoding of pressed keys (RFC 4733).
  public static let event = "telephone-event"
  /// Pressed keys, at the clock of narrowband codecs.
  public var isEvents: Bool { names(Format.event) && clockRate == 8000 }
}

extension MediaDescription {
  /// The first attribute of this name; attribute names are case-sensitive (RFC 8866 §5.13).
  public func attribute(_ name: String) -> Attribute? { attributes.first { $0.name == name } }

  /// The payload types in the order of the m= line; numbers without a meaning are left out.
  public var audioFormats: [Format] {
    var result: [Format] = []
    for text in formats {
      guard let number = decimal(text.utf8, limit: 127).map({ UInt8($0) }),
        !result.contains(where: { $0.payloadType == number }),
        var format = mapped(number) ?? Format.assigned(number)
      else { continue }
      format.parameters = parameters(of: number)
      result.append(format)
    }
    return result
  }

  /// Milliseconds of audio a packet that the sender of this description would like (RFC 8866 §6.4).
  public var packetTime: UInt32? { attribute("ptime")?.value.flatMap { decimal($0.utf8, limit: 1000) } }
  /// The most milliseconds of audio that it takes in a packet (RFC 8866 §6.5).
  public var longestPacketTime: UInt32? { attribute("maxptime")?.value.flatMap { decimal($0.utf8, limit: 1000) } }

  private func mapped(_ number: UInt8) -> Format? {
    for attribute in attributes where attribute.name == "rtpmap" {
      guard let (head, rest) = numbered(attribute), head == number, let map = words(rest).first else { continue }
      let parts = map.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      guard parts.count >= 2, !parts[0].isEmpty, let clock = decimal(parts[1], limit: .max), clock > 0 else {
        return nil
      }
      let channels = parts.count > 2 ? decimal(parts[2], limit: 255) : 1
      return Format(number, text(parts[0]), clockRate: clock, channels: channels ?? 1)
    }
    return nil
  }

  private func parameters(of number: UInt8) -> String? {
    for attribute in attributes where attribute.name == "fmtp" {
      if let (head, rest) = numbered(attribute), head == number { return rest }
    }
    return nil
  }

  /// The payload type at the head of an `rtpmap` or `fmtp` value, and what follows it.
  private func numbered(_ attribute: Attribute) -> (UInt8, String)? {
    guard let (head, rest) = attribute.value?.divided(at: UInt8(ascii: " ")),
      let number = decimal(head.utf8, limit: 127)
    else { return nil }
    return (UInt8(number), rest)
  }
}
