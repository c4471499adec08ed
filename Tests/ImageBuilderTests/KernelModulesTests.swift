import Testing

@testable import ImageBuilder

@Suite struct KernelModulesTests {
  private let modules = KernelModules(
    dependencies: """
      kernel/fs/ext4/ext4.ko.xz: kernel/lib/crc16.ko.xz kernel/fs/mbcache.ko.xz kernel/fs/jbd2/jbd2.ko.xz
      kernel/fs/jbd2/jbd2.ko.xz:
      kernel/fs/mbcache.ko.xz:
      kernel/lib/crc16.ko.xz:
      kernel/crypto/crc32c_generic.ko.xz:
      kernel/drivers/sunxi-mmc.ko.xz:

      """,
    soft: "# Soft dependencies\nsoftdep ext4 pre: crc32c-generic post: late\nsoftdep jbd2 pre: jbd2\n",
    builtIn: "kernel/drivers/mmc/core/mmc_core.ko\n",
    aliases: "alias fs-ext4 ext4\nalias of:N*T*Csunxi sunxi_mmc\n", symbols: "alias symbol:crc16 crc16\n")

  @Test func aModuleComesAfterAllThatItNeeds() throws {
    #expect(
      try modules.closure(of: ["ext4", "mmc-core"], namedIn: "board.yaml") == [
        "kernel/crypto/crc32c_generic.ko", "kernel/fs/jbd2/jbd2.ko", "kernel/fs/mbcache.ko", "kernel/lib/crc16.ko",
        "kernel/fs/ext4/ext4.ko",
      ])
    #expect(try modules.closure(of: ["sunxi_mmc"], namedIn: "b") == modules.closure(of: ["sunxi-mmc"], namedIn: "b"))
  }

  @Test func aModuleThatTheKernelLacksIsNamed() {
    #expect(throws: ImageError.unknownModule("ext5", namedIn: "board.yaml")) {
      try modules.closure(of: ["ext5"], namedIn: "board.yaml")
    }
  }

  @Test func theTablesSpeakOfTheChosenModulesAlone() throws {
    let tables = modules.tables(for: try modules.closure(of: ["ext4"], namedIn: "b"))
    #expect(tables[1].text == "alias fs-ext4 ext4\n")
    #expect(tables[2].text == "alias symbol:crc16 crc16\n")
    #expect(tables[0].text.contains("kernel/fs/ext4/ext4.ko: kernel/lib/crc16.ko kernel/fs/mbcache.ko"))
    #expect(!tables[0].text.contains("sunxi"))
  }
}
