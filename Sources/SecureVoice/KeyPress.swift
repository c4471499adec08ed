/// A key of the telephone, sent in the place of a voice frame so that nobody sees it: among voice, as long as voice.
///
///     0xff (an Opus packet of two channels, which no phone sends here) · 1 · serial · key · milliseconds (2) · zeros
public struct KeyPress: Hashable, Sendable {
  static let marker: UInt8 = 0xff
  static let kind: UInt8 = 1
  /// How often each is sent, with a voice frame after each.
  static let copies = 3

  /// 0…9, 10 for *, 11 for #, 12…15 for A…D.
  public var digit: UInt8
  public var milliseconds: UInt16
  /// Tells a key pressed twice from one sent twice.
  var serial: UInt8

  init?(_ payload: UnsafeRawBufferPointer) {
    guard payload.count >= 6, payload[0] == Self.marker, payload[1] == Self.kind, payload[3] < 16 else { return nil }
    self.init(payload[3], UInt16(payload[4]) << 8 | UInt16(payload[5]), serial: payload[2])
  }

  init(_ digit: UInt8, _ milliseconds: UInt16, serial: UInt8) {
    self.digit = digit
    self.milliseconds = milliseconds
    self.serial = serial
  }

  func write(to payload: UnsafeMutableRawBufferPointer) {
    payload.initializeMemory(as: UInt8.self, repeating: 0)
    payload[0] = Self.marker
    payload[1] = Self.kind
    payload[2] = serial
    payload[3] = digit
    payload[4] = UInt8(milliseconds >> 8)
    payload[5] = UInt8(milliseconds & 255)
  }
}
