/// One partition: sizes and offsets in bytes, multiples of 512.
public struct Partition: Equatable, Sendable {
  /// The type byte of a partition table's entry.
  public enum Kind: UInt8, Sendable {
    /// FAT32 by logical block address.
    case fat32 = 0x0c
    case linux = 0x83
  }

  public var kind: Kind
  public var offset: Int
  public var size: Int

  public init(_ kind: Kind, offset: Int, size: Int) {
    self.kind = kind
    self.offset = offset
    self.size = size
  }
}

/// The master boot record: 440 bytes of code (none here), the disk's signature, four entries of 16 bytes, 55 AA
/// (UEFI specification 2.10, §5.2.1). Not GPT, for the Allwinner SoCs' boot loader stands where a GPT would.
public func partitionTable(_ partitions: [Partition], signature: UInt32) -> [UInt8] {
  precondition(partitions.count <= 4)
  var sector = [UInt8](repeating: 0, count: 512)
  func put(_ value: UInt32, at offset: Int) {
    for index in 0..<4 { sector[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
  }
  put(signature, at: 440)
  for (index, partition) in partitions.enumerated() {
    let entry = 446 + 16 * index
    // U-Boot looks for its script on the first partition that is marked active.
    sector[entry] = index == 0 ? 0x80 : 0
    sector[entry + 4] = partition.kind.rawValue
    // Cylinders, heads and sectors beyond what they can count: FE FF FF, the block addresses hold.
    for offset in [1, 5] { sector.replaceSubrange(entry + offset..<entry + offset + 3, with: [0xfe, 0xff, 0xff]) }
    put(UInt32(partition.offset / 512), at: entry + 8)
    put(UInt32(partition.size / 512), at: entry + 12)
  }
  sector[510] = 0x55
  sector[511] = 0xaa
  return sector
}
