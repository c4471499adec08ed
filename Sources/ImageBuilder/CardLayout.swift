/// Where everything lies on the card, in bytes from its start.
public enum CardLayout {
  static let mebibyte = 1 << 20

  /// Two copies of the slots' state will stand from here to the first partition; boot loaders end before it.
  public static let stateOffset = mebibyte
  public static let boot = Partition(.fat32, offset: 4 * mebibyte, size: 64 * mebibyte)
  public static let rootA = Partition(.linux, offset: 68 * mebibyte, size: 64 * mebibyte)
  public static let rootB = Partition(.linux, offset: 132 * mebibyte, size: 64 * mebibyte)
  /// Grown to the card's end at the first boot.
  public static let data = Partition(.linux, offset: 196 * mebibyte, size: 16 * mebibyte)

  /// In the table's order: the root device of slot A is partition 2, of slot B partition 3.
  public static let partitions = [boot, rootA, rootB, data]
  public static let size = data.offset + data.size

  /// The disk signature in the partition table.
  public static let signature: UInt32 = 0x5077_0001
}
