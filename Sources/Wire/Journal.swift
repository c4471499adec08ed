/// A keyed store as a file that only grows: each batch of changes is appended whole, with its length and CRC-32, and a
/// reader stops at the first that is torn. When most of it is out of date it is begun anew.
///
/// Form: 4 bytes magic, a string that names the writer's version; then batches of length, CRC-32 of what follows, and
/// changes of kind, name, and the value, or nothing where the key is forgotten.
public enum Journal {
  /// What a value is of and what it is called.
  public struct Key: Hashable, Sendable {
    public var kind: UInt8
    public var name: String

    public init(_ kind: UInt8, _ name: String) {
      self.kind = kind
      self.name = name
    }
  }

  /// Why a journal can't be taken up.
  public enum Fault: Error, Hashable, Sendable {
    case notAJournal
    case otherVersion(String)

    public var description: String {
      switch self {
      case .notAJournal: "it is no journal of sotto, or its beginning is damaged"
      case .otherVersion(let version): "another version wrote it: \(version)"
      }
    }
  }

  private static let magic: UInt32 = 0x314a_5453  // "STJ1"

  /// What a new journal begins with.
  @export(interface)
  public static func beginning(version: String) -> [UInt8] {
    var writer = StorageWriter()
    writer.put(number: magic)
    writer.put(version)
    return writer.bytes
  }

  /// What a journal that goes on from `values` holds in the end, and how many of its bytes are sound: what follows them was torn.
  @export(interface)
  public static func read(
    _ bytes: [UInt8], version: String, after values: [Key: [UInt8]] = [:]
  ) throws(Fault) -> (values: [Key: [UInt8]], sound: Int) {
    var reader = StorageReader(bytes)
    guard let found = try? reader.number(UInt32.self), found == magic, let writer = try? reader.value(String.self)
    else {
      throw .notAJournal
    }
    guard writer == version else { throw .otherVersion(writer) }
    var values = values
    var sound = bytes.count - reader.left
    while let length = try? reader.number(UInt32.self), let crc = try? reader.number(UInt32.self),
      let size = Int(exactly: length), size <= reader.left
    {
      let range = bytes.count - reader.left..<bytes.count - reader.left + size
      guard crc32(bytes[range]) == crc, let changes = changes(bytes, range) else { break }
      for (key, value) in changes { values[key] = value }
      sound = range.upperBound
      reader = StorageReader(bytes, sound..<bytes.count)
    }
    return (values, sound)
  }

  private static func changes(_ bytes: [UInt8], _ range: Range<Int>) -> [(Key, [UInt8]?)]? {
    var reader = StorageReader(bytes, range)
    var changes: [(Key, [UInt8]?)] = []
    while reader.left > 0 {
      guard let kind = try? reader.number(UInt8.self), let name = try? reader.value(String.self),
        let isThere = try? reader.value(Bool.self)
      else { return nil }
      guard isThere else {
        changes.append((Key(kind, name), nil))
        continue
      }
      guard let value = try? reader.bytes() else { return nil }
      changes.append((Key(kind, name), value))
    }
    return changes
  }

  /// Changes that go to the journal together.
  public struct Batch: Sendable {
    private static let head = 8
    private var writer = StorageWriter()

    public init() { clear() }

    public var isEmpty: Bool { writer.bytes.count == Batch.head }

    public mutating func put(_ key: Key, _ write: (inout StorageWriter) -> Void) {
      writer.put(number: key.kind)
      writer.put(key.name)
      writer.put(true)
      let start = writer.bytes.count
      writer.put(number: UInt32(0))
      write(&writer)
      writer.replace(at: start, number: UInt32(writer.bytes.count - start - 4))
    }

    public mutating func forget(_ key: Key) {
      writer.put(number: key.kind)
      writer.put(key.name)
      writer.put(false)
    }

    /// What is to be appended.
    @export(interface)
    public mutating func sealed() -> [UInt8] {
      writer.replace(at: 0, number: UInt32(writer.bytes.count - Batch.head))
      writer.replace(at: 4, number: crc32(writer.bytes[Batch.head...]))
      return writer.bytes
    }

    /// Begins anew, keeping the room.
    public mutating func clear() {
      writer.clear()
      writer.put(number: UInt64(0))
    }
  }
}
