/// Text under construction as bytes: joining strings costs several times as much.
public struct TextWriter: Sendable {
  public private(set) var bytes: [UInt8] = []

  /// `capacity`: the octets that will probably be written.
  public init(capacity: Int = 128) { bytes.reserveCapacity(capacity) }

  public var text: String { String(decoding: bytes, as: UTF8.self) }

  public mutating func put(_ text: String) { bytes.append(contentsOf: text.utf8) }

  public mutating func put(literal text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  @inline(__always)
  public mutating func put(_ byte: UInt8) { bytes.append(byte) }

  public mutating func put(_ more: [UInt8]) { bytes.append(contentsOf: more) }

  /// In decimal digits.
  public mutating func put(number: UInt64) {
    if number > 9 { put(number: number / 10) }
    bytes.append(48 &+ UInt8(truncatingIfNeeded: number % 10))
  }

  /// In lower-case hexadecimal digits.
  public mutating func put(hex octets: some Collection<UInt8>) {
    let digits: StaticString = "0123456789abcdef"
    for octet in octets {
      bytes.append(digits.utf8Start[Int(octet >> 4)])
      bytes.append(digits.utf8Start[Int(octet & 15)])
    }
  }
}
