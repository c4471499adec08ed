/// What one `boards/NAME/board.yaml` says, checked.
public struct Board: Equatable, Sendable {
  /// The folder's name, by which commands call it.
  public var id = ""
  /// What is printed on the board.
  public var name = ""
  /// The first entry of the device tree's root `compatible`, by which the init knows the board.
  public var compatible = ""
  public var processor = Processor.armv7
  public var kernel = Kernel()
  /// Written at an offset of the card, outside every partition.
  public var bootloader: [RawFile] = []
  /// Copied into the FAT partition.
  public var firmware: [FirmwareFile] = []
  public var console = Console()
  public var watchdog: Watchdog?
  /// Loaded by the first stage, so that the card can be read.
  public var initramfsModules: [String] = []
  /// Loaded from the root file system.
  public var rootModules: [String] = []
  public var emulator = Emulator.none

  public init() {}

  /// What the kernel and the exchange must be built for.
  public enum Processor: String, CaseIterable, Sendable { case armv7 }

  /// QEMU's machine that can run this board's very image.
  public enum Emulator: String, CaseIterable, Sendable { case cubieboard, raspi2b, none }

  /// Paths in the unpacked packages; `*` stands for a version, and one file must match.
  public struct Kernel: Equatable, Sendable {
    public var image = ""
    public var modules = ""
    public var deviceTree = ""
  }

  public struct RawFile: Equatable, Sendable {
    public var file = ""
    /// From the card's first byte; a multiple of 512.
    public var offset = 0
    /// The page that the offset comes from.
    public var source = ""
  }

  public struct FirmwareFile: Equatable, Sendable {
    /// A path in the unpacked packages, or one that begins with `./` in the board's own folder.
    public var file = ""
    /// Its name in the FAT partition.
    public var name = ""
  }

  /// The word whose writing has the board reset when nothing feeds its watchdog.
  public struct Watchdog: Equatable, Sendable {
    public var address: UInt32 = 0
    public var value: UInt32 = 0
    /// The page that they come from.
    public var source = ""
  }

  public struct Console: Equatable, Sendable {
    public var device = ""
    public var baud = 115200
    public var header = ""
    public var transmit = ""
    public var receive = ""
    public var ground = ""
    public var source = ""
  }
}
