/// The first sector of a disk with a partition table of the old form (UEFI specification 2.10, §5.2.1).
public struct PartitionSector: Equatable, Sendable {
  public static let size = 512
  /// Partitions begin and end on multiples of this many octets.
  private static let alignment: Int64 = 1 << 20

  public private(set) var bytes: [UInt8]

  /// Nil where the bytes are no such sector.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.size, bytes[510] == 0x55, bytes[511] == 0xaa else { return nil }
    self.bytes = bytes
  }

  /// Where partition 1 to 4 begins and how long it is, in octets; nil where there is none.
  public func extent(of number: Int) -> (offset: Int64, size: Int64)? {
    guard (1...4).contains(number) else { return nil }
    let entry = 446 + 16 * (number - 1)
    let size = word(entry + 12)
    guard bytes[entry + 4] != 0, size > 0 else { return nil }
    return (Int64(word(entry + 8)) * 512, Int64(size) * 512)
  }

  /// Lengthens a partition to the end of a disk of `diskSize` octets. False where that gains nothing, where another
  /// partition lies behind it, or where there is no such partition.
  public mutating func grow(_ number: Int, diskSize: Int64) -> Bool {
    guard let old = extent(of: number) else { return false }
    for other in 1...4 where other != number {
      if let extent = extent(of: other), extent.offset > old.offset { return false }
    }
    // 32 bits of sectors: 2 TiB.
    let end = min(diskSize / Self.alignment * Self.alignment, Int64(UInt32.max) * 512)
    guard end - old.offset > old.size else { return false }
    let sectors = UInt32(truncatingIfNeeded: (end - old.offset) / 512)
    for index in 0..<4 {
      bytes[446 + 16 * (number - 1) + 12 + index] = UInt8(truncatingIfNeeded: sectors >> (8 * UInt32(index)))
    }
    return true
  }

  private func word(_ offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
  }
}
