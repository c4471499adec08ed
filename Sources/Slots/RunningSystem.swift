/// What the boot script told the kernel of the system that runs.
public struct RunningSystem: Equatable, Sendable {
  public let slot: Slot
  /// As boards/ calls the board.
  public let board: String
  /// The disk that the slot lies on: `/dev/mmcblk0`.
  public let disk: String

  /// Nil where the kernel's arguments have not all of `sotto.slot=`, `sotto.board=` and `root=`.
  public init?(arguments: String) {
    func value(_ name: String) -> String? {
      let start = Array((name + "=").utf8)
      let words = arguments.utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
      return words.first { $0.starts(with: start) }.map { String(decoding: $0.dropFirst(start.count), as: UTF8.self) }
    }
    guard let slot = value("sotto.slot").flatMap({ Slot(rawValue: $0) }), let board = value("sotto.board"),
      let root = value("root"), root.hasSuffix("p\(SlotLayout.partition(of: slot))")
    else { return nil }
    self.slot = slot
    self.board = board
    disk = String(root.dropLast(2))
  }
}
