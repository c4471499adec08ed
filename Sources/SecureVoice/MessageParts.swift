/// A message on its way out, cut into frames.
struct OutgoingMessage: Hashable, Sendable {
  let kind: AgreementFrame.Kind
  let bytes: [UInt8]
  /// Bit n: the other end has frame n.
  var held: UInt32 = 0

  init(_ kind: AgreementFrame.Kind, _ bytes: [UInt8]) {
    self.kind = kind
    self.bytes = bytes
  }

  /// Into how many frames it is cut where each holds `room` octets.
  func count(room: Int) -> Int { (bytes.count + room - 1) / room }

  func isHeld(_ index: Int) -> Bool { held >> UInt32(index) & 1 == 1 }

  func frame(_ index: Int, room: Int, attempt: UInt8) -> AgreementFrame {
    let start = index * room
    return AgreementFrame(
      kind, attempt: attempt, index: UInt8(index), count: UInt8(count(room: room)),
      Array(bytes[start..<min(bytes.count, start + room)]))
  }
}

/// A message on its way in.
struct IncomingMessage: Hashable, Sendable {
  let kind: AgreementFrame.Kind
  /// Empty where a frame is still missing: none is sent without data.
  private(set) var parts: [[UInt8]] = []
  private(set) var held: UInt32 = 0

  init(_ kind: AgreementFrame.Kind) { self.kind = kind }

  init(_ kind: AgreementFrame.Kind, parts: [[UInt8]]) {
    self.kind = kind
    self.parts = parts
    for (index, part) in parts.enumerated() where !part.isEmpty { held |= 1 << UInt32(index) }
  }

  /// Takes a frame, and says whether it was new. The first frame decides how many there are.
  mutating func insert(_ frame: AgreementFrame) -> Bool {
    guard frame.kind == kind, !frame.data.isEmpty else { return false }
    if parts.isEmpty { parts = [[UInt8]](repeating: [], count: Int(frame.count)) }
    guard parts.count == Int(frame.count), parts[Int(frame.index)].isEmpty else { return false }
    parts[Int(frame.index)] = frame.data
    held |= 1 << UInt32(frame.index)
    return true
  }

  var isBegun: Bool { held != 0 }
  /// The whole message, once all frames are there.
  var bytes: [UInt8]? { parts.isEmpty || parts.contains { $0.isEmpty } ? nil : Array(parts.joined()) }
}
