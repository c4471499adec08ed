import Wire

/// Reads the records of one kind out of a response (RFC 1035 §4). That it answers the question was checked by whoever
/// received it.
public struct ResponseReader {
  /// Records of one answer that are looked at; a domain with more SIP servers than that does not exist.
  public static let mostRecords = 64
  /// Seconds that an absence counts where the response has no SOA record (RFC 2308 §5), and the most that it may say.
  public static let absence: UInt32 = 60
  private static let longestAbsence: UInt32 = 900
  private static let authority: UInt16 = 6
  private static let internet: UInt16 = 1

  private let bytes: [UInt8]
  private var at = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The answer to a question for SRV or NAPTR records, from the octets of a response.
  @export(interface)
  public static func read(_ bytes: [UInt8], _ kind: NameQuestion.Kind) -> NameAnswer {
    var reader = ResponseReader(bytes)
    return reader.answer(kind) ?? .failed(.malformed)
  }

  private mutating func answer(_ kind: NameQuestion.Kind) -> NameAnswer? {
    guard let _ = number(), let flags = number(), let questions = number(), let answers = number(),
      let authorities = number(), let _ = number()
    else { return nil }
    let code = flags & 15
    guard flags & 0x8000 != 0 else { return nil }
    // 3 is "no such name" (RFC 1035 §4.1.1).
    guard code == 0 || code == 3 else { return .failed(.refused) }
    guard questions <= 1 else { return nil }
    for _ in 0..<questions {
      guard name() != nil, number() != nil, number() != nil else { return nil }
    }
    var services: [ServiceRecord] = []
    var pointers: [PointerRecord] = []
    var seconds = UInt32.max
    for _ in 0..<min(Int(answers), ResponseReader.mostRecords) {
      guard let record = header() else { return nil }
      seconds = min(seconds, record.seconds)
      if record.type == kind.rawValue {
        if kind == .service, let service = service(until: record.end) { services.append(service) }
        if kind == .pointer, let pointer = pointer(until: record.end) { pointers.append(pointer) }
      }
      at = record.end
    }
    if !services.isEmpty { return .found(.services(services), seconds: seconds) }
    if !pointers.isEmpty { return .found(.pointers(pointers), seconds: seconds) }
    guard answers <= ResponseReader.mostRecords, authorities > 0 else {
      return .absent(seconds: ResponseReader.absence)
    }
    return .absent(seconds: absence() ?? ResponseReader.absence)
  }

  /// The lesser of the first authority record's time to live and its last field (RFC 2308 §5).
  private mutating func absence() -> UInt32? {
    guard let record = header(), record.type == ResponseReader.authority, record.end - at >= 20 else { return nil }
    at = record.end - 4
    guard let high = number(), let low = number() else { return nil }
    return min(record.seconds, UInt32(high) << 16 | UInt32(low), ResponseReader.longestAbsence)
  }

  private mutating func header() -> (type: UInt16, seconds: UInt32, end: Int)? {
    guard name() != nil, let type = number(), let domain = number(), let high = number(), let low = number(),
      let length = number(), at + Int(length) <= bytes.count
    else { return nil }
    let seconds = UInt32(high) << 16 | UInt32(low)
    // RFC 2181 §8: with the highest bit set it counts as zero.
    return (domain == ResponseReader.internet ? type : 0, seconds >> 31 == 0 ? seconds : 0, at + Int(length))
  }

  private mutating func service(until end: Int) -> ServiceRecord? {
    guard let priority = number(), let weight = number(), let port = number(), let target = name(), at == end else {
      return nil
    }
    return ServiceRecord(priority: priority, weight: weight, port: port, target: target)
  }

  private mutating func pointer(until end: Int) -> PointerRecord? {
    guard let order = number(), let preference = number(), let flags = text(), let service = text(),
      let expression = text(), expression.isEmpty, let replacement = name(), at == end
    else { return nil }
    let upper = service.utf8.map { $0 &- 97 < 26 ? $0 & 0xdf : $0 }
    return PointerRecord(
      order: order, preference: preference, flags: lowercasedASCII(flags),
      service: String(decoding: upper, as: UTF8.self),
      replacement: replacement)
  }

  private mutating func number() -> UInt16? {
    guard at + 2 <= bytes.count else { return nil }
    defer { at += 2 }
    return UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1])
  }

  /// A character string (RFC 1035 §3.3) of printable ASCII.
  private mutating func text() -> String? {
    guard at < bytes.count else { return nil }
    let start = at + 1
    let end = start + Int(bytes[at])
    guard end <= bytes.count, bytes[start..<end].allSatisfy({ (33..<127).contains($0) }) else { return nil }
    at = end
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  /// A name (RFC 1035 §4.1.4) in lower case; empty for the root. Pointers lead only backwards, so that none leads in a
  /// circle; what no host or service name can hold is refused.
  private mutating func name() -> String? {
    var here = at
    var limit = at
    var hasJumped = false
    var text: [UInt8] = []
    while here < bytes.count {
      let length = Int(bytes[here])
      if length >= 0xc0 {
        guard here + 1 < bytes.count else { return nil }
        let target = (length & 0x3f) << 8 | Int(bytes[here + 1])
        guard target < limit else { return nil }
        if !hasJumped { at = here + 2 }
        hasJumped = true
        here = target
        limit = target
        continue
      }
      guard length < 64 else { return nil }
      if length == 0 {
        if !hasJumped { at = here + 1 }
        return String(decoding: text, as: UTF8.self)
      }
      let end = here + 1 + length
      guard end <= bytes.count, text.count + length + 1 <= 254 else { return nil }
      if !text.isEmpty { text.append(UInt8(ascii: ".")) }
      for byte in bytes[here + 1..<end] {
        let isPlain =
          isDigit(byte) || lowercasedASCII(byte) &- 97 < 26 || byte == UInt8(ascii: "-")
          || byte == UInt8(ascii: "_")
        guard isPlain else { return nil }
        text.append(lowercasedASCII(byte))
      }
      here = end
    }
    return nil
  }
}
