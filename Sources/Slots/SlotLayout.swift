/// Where a slot's parts lie, and the copies of the slots' state; in octets.
public enum SlotLayout {
  /// Of the copies of `SlotState`, from the card's first octet. So far apart that no erase block holds both.
  public static let stateCopies = [1 << 20, 3 << 20]
  /// Of a slot's partition.
  public static let size = 64 << 20
  /// From the slot's first octet on: its root file system.
  public static let root = 0
  /// What starts it: a sector of `StartList`, then kernel, first stage and device tree.
  public static let start = 48 << 20
  public static let sector = 512

  /// The partition's number in the card's table.
  public static func partition(of slot: Slot) -> Int { slot == .a ? 2 : 3 }
}
