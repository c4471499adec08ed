import Foundation
import Slots

/// What starts a slot, as it lies behind the slot's root file system.
struct SlotStart: Sendable {
  /// A kernel that stops is started again.
  static let arguments = "panic=5 oops=panic quiet loglevel=4"

  let board: Board
  let packages: URL
  let kernel: Kernel

  func image(initramfs: URL, in workshop: Workshop) async throws(ImageError) -> URL {
    let tree = try Files.find(board.kernel.deviceTree, in: packages, for: "the device tree of \(board.name)")
    let parts = [(StartArea.Part.kernel, kernel.image), (.tree, tree), (.initrd, initramfs)]
    let arguments = "\(Self.arguments) sotto.board=\(board.id)"
    var inputs = [arguments]
    for (_, file) in parts { inputs.append(try Workshop.hash(file)) }
    return try await workshop.step("start-\(board.id)", inputs: inputs) { place in
      var contents: [(StartArea.Part, [UInt8])] = []
      for (part, file) in parts { contents.append((part, try Files.read(file))) }
      guard let bytes = StartArea.bytes(contents, arguments: arguments) else {
        throw ImageError.overflow(
          "the kernel's arguments", size: arguments.utf8.count, room: SlotLayout.sector,
          place: "the start's first sector")
      }
      try Files.write(bytes, to: place)
    }
  }
}
