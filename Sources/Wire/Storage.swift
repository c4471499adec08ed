/// A value that can be written to bytes and read back, by another process of the same version.
///
/// The form is fixed by the order of the writes: numbers little-endian, collections by count and elements. Each element
/// takes one byte at least, so that a count can be held against what is left.
public protocol Storable {
  init(from reader: inout StorageReader) throws(StorageError)
  func write(to writer: inout StorageWriter)
}

/// Why stored bytes can't be read.
public enum StorageError: Error, Hashable, Sendable {
  /// They end too early.
  case truncated
  /// What stands there is no value of its type.
  case invalid

  public var description: String {
    switch self {
    case .truncated: "the stored state ends too early"
    case .invalid: "the stored state holds a value that is none"
    }
  }
}

/// Gathers bytes.
public struct StorageWriter: Sendable {
  public private(set) var bytes: [UInt8] = []

  public init() {}

  /// Forgets what was gathered and keeps the room for it.
  public mutating func clear() { bytes.removeAll(keepingCapacity: true) }

  public mutating func put(number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  public mutating func put(_ value: some Storable) { value.write(to: &self) }

  /// The same of octets, all at once.
  public mutating func put(_ octets: [UInt8]) { put(bytes: octets) }

  /// Which case of an enumeration, and what it carries.
  public mutating func put(case number: UInt8) { put(number: number) }
  public mutating func put(case number: UInt8, _ value: some Storable) {
    put(number: number)
    put(value)
  }

  /// Bytes as they are, such as a value that was stored before.
  public mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }

  public mutating func put(bytes more: [UInt8]) {
    put(number: UInt32(more.count))
    bytes.append(contentsOf: more)
  }

  public mutating func put(text: String) {
    var text = text
    text.withUTF8 { octets in
      put(number: UInt32(octets.count))
      bytes.append(contentsOf: octets)
    }
  }

  /// Replaces four bytes that were put before, such as a length that is known only now.
  public mutating func replace(at index: Int, number: UInt32) {
    for i in 0..<4 { bytes[index + i] = UInt8(truncatingIfNeeded: number >> UInt32(8 * i)) }
  }
}

/// Takes values from bytes, in the order in which they were put.
public struct StorageReader: Sendable {
  private let stored: [UInt8]
  private var next: Int
  private let end: Int

  public init(_ bytes: [UInt8]) { self.init(bytes, 0..<bytes.count) }

  /// Reads a part; `range` must lie within the bytes.
  public init(_ bytes: [UInt8], _ range: Range<Int>) {
    stored = bytes
    next = range.lowerBound
    end = range.upperBound
  }

  public var left: Int { end - next }

  public mutating func number<T: FixedWidthInteger>(_: T.Type = T.self) throws(StorageError) -> T {
    let size = T.bitWidth / 8
    guard size <= left else { throw .truncated }
    var value: T = 0
    for i in 0..<size { value |= T(truncatingIfNeeded: stored[next + i]) << T(truncatingIfNeeded: 8 * i) }
    next += size
    return value
  }

  public mutating func value<T: Storable>(_: T.Type = T.self) throws(StorageError) -> T { try T(from: &self) }

  /// A count that may be right: no element is smaller than a byte.
  public mutating func count() throws(StorageError) -> Int {
    guard let count = Int(exactly: try number(UInt32.self)), count <= left else { throw .truncated }
    return count
  }

  public mutating func bytes() throws(StorageError) -> [UInt8] {
    let count = try count()
    defer { next += count }
    return Array(stored[next..<next + count])
  }
}
