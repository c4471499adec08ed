import Slots

/// Where everything lies on the card, in bytes from its start.
public enum CardLayout {
  static let mebibyte = 1 << 20

  /// Two copies of the slots' state stand from here to the first partition; boot loaders end before it.
  public static let stateOffset = SlotLayout.stateCopies[0]
  public static let boot = Partition(.fat32, offset: 4 * mebibyte, size: 64 * mebibyte)
  public static let slotA = Partition(.linux, offset: 68 * mebibyte, size: SlotLayout.size)
  public static let slotB = Partition(.linux, offset: 132 * mebibyte, size: SlotLayout.size)
  /// Within slot A: its root file system, and what starts it.
  static let rootA = Partition(.linux, offset: slotA.offset + SlotLayout.root, size: SlotLayout.start)
  static let startA = Partition(
    .linux, offset: slotA.offset + SlotLayout.start, size: SlotLayout.size - SlotLayout.start)
  /// Grown to the card's end at the first boot.
  public static let data = Partition(.linux, offset: 196 * mebibyte, size: 16 * mebibyte)

  /// In the table's order: slot A is partition 2, slot B partition 3.
  public static let partitions = [boot, slotA, slotB, data]
  public static let size = data.offset + data.size

  /// The disk signature in the partition table.
  public static let signature: UInt32 = 0x5077_0001
}
