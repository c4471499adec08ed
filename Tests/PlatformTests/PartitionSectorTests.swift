import Platform
import Testing

@Suite struct PartitionSectorTests {
  /// A card of 64 MiB and then some: partition 1 at 4 MiB, partition 4 at 32 MiB, 16 MiB long.
  private func sector() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 512)
    bytes.replaceSubrange(446..<462, with: [0x80, 0, 0, 0, 0x0c, 0, 0, 0, 0, 0x20, 0, 0, 0, 0x80, 0, 0])
    bytes.replaceSubrange(494..<510, with: [0, 0, 0, 0, 0x83, 0, 0, 0, 0, 0, 1, 0, 0, 0x80, 0, 0])
    bytes.replaceSubrange(510..<512, with: [0x55, 0xaa])
    return bytes
  }

  @Test func theLastPartitionGrowsToTheLastWholeMebibyte() throws {
    var table = try #require(PartitionSector(sector()))
    let grew1 = table.grow(4, diskSize: 64 << 20 | 123_456)
    #expect(grew1)
    let extent = try #require(table.extent(of: 4))
    #expect(extent.offset == 32 << 20 && extent.size == 32 << 20)
    let first = try #require(table.extent(of: 1))
    #expect(first.offset == 4 << 20 && first.size == 16 << 20)
    let grew2 = table.grow(4, diskSize: 64 << 20)
    #expect(!grew2)
  }

  @Test func aCardBeyondTwoTebibytesIsUsedAsFarAsTheTableCounts() throws {
    var table = try #require(PartitionSector(sector()))
    let grew3 = table.grow(4, diskSize: 4 << 40)
    #expect(grew3)
    let extent = try #require(table.extent(of: 4))
    #expect(extent.offset + extent.size == Int64(UInt32.max) * 512)
  }

  @Test func nothingGrowsOverAnotherPartitionOrOnASmallerCard() throws {
    var table = try #require(PartitionSector(sector()))
    let grew4 = table.grow(1, diskSize: 64 << 20)
    #expect(!grew4)
    let grew5 = table.grow(2, diskSize: 64 << 20)
    #expect(!grew5)
    let grew6 = table.grow(5, diskSize: 64 << 20)
    #expect(!grew6)
    let grew7 = table.grow(4, diskSize: 8 << 20)
    #expect(!grew7)
    #expect(table.bytes == sector())
  }

  @Test func whatIsNoPartitionTableIsNotTakenForOne() {
    #expect(PartitionSector([]) == nil)
    #expect(PartitionSector([UInt8](repeating: 0, count: 512)) == nil)
  }
}
