import Wire

/// One frame of the key agreement, as long as the voice packets it travels among:
///
///     magic (8) · version (1) · attempt and type (4 bits each) · index (1) · count (1) · length (2) · data · zeros · CRC-32
///
/// Numbers are big-endian; the CRC, in the last four octets, is of everything before it.
public struct AgreementFrame: Hashable, Sendable {
  public enum Kind: UInt8, Sendable {
    case hello = 1
    case commit, respond, reveal, confirm
    /// Which frames of a message came, so that only the others are sent again.
    case have
  }

  /// What stands at the start of each. Read as either law of G.711 it is a sound of its own, so that a path that changes
  /// voice can be told from one that carries something else.
  public static let magic: [UInt8] = [0x9d, 0x24, 0xb1, 0x3a, 0x2c, 0xa7, 0x33, 0xbe]
  /// The form of the frames that this is.
  static let version: UInt8 = 1
  /// Octets of a frame that are not data.
  static let overhead = 18
  /// Most octets of data: those of a frame among packets of 160 octets.
  public static let mostData = 142
  /// Most frames of a message.
  static let mostFrames = 32

  public var kind: Kind
  /// 0, or 1 for the one retry.
  public var attempt: UInt8
  public var index: UInt8
  public var count: UInt8
  public var data: [UInt8]

  public init(_ kind: Kind, attempt: UInt8, index: UInt8 = 0, count: UInt8 = 1, _ data: [UInt8]) {
    self.kind = kind
    self.attempt = attempt
    self.index = index
    self.count = count
    self.data = data
  }

  /// Reads a payload; nil where it is no frame of this version, or was changed on the way.
  @export(interface)
  public init?(_ payload: UnsafeRawBufferPointer) {
    guard Self.isLike(payload), payload.count >= Self.overhead, payload[8] == Self.version,
      let kind = Kind(rawValue: payload[9] & 15), payload[9] >> 4 < 2
    else { return nil }
    let (index, count, length) = (payload[10], payload[11], Int(payload[12]) << 8 | Int(payload[13]))
    let end = payload.count - 4
    guard count >= 1, count <= Self.mostFrames, index < count, length <= min(Self.mostData, end - 14),
      Self.crc(payload) == crc32(Array(payload[..<end])[...])
    else { return nil }
    self.init(kind, attempt: payload[9] >> 4, index: index, count: count, Array(payload[14..<14 + length]))
  }

  /// Whether a payload starts as a frame does, be it whole or not.
  static func isLike(_ payload: UnsafeRawBufferPointer) -> Bool { payload.starts(with: magic) }

  private static func crc(_ payload: UnsafeRawBufferPointer) -> UInt32 {
    payload.suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// The frame as a payload of `size` octets, which is `overhead` more than the data at least.
  @export(interface)
  public func bytes(size: Int) -> [UInt8] {
    precondition(data.count <= Self.mostData && size >= data.count + Self.overhead)
    var bytes = Self.magic + [Self.version, attempt << 4 | kind.rawValue, index, count]
    bytes += [UInt8(data.count >> 8), UInt8(data.count & 255)] + data
    bytes += [UInt8](repeating: 0, count: size - 4 - bytes.count)
    let crc = crc32(bytes[...])
    for shift in [24, 16, 8, 0] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: crc >> shift)) }
    return bytes
  }
}
