import Foundation

/// The FAT partition: what the boot loader begins with, and the one place that Windows and macOS can write to. Nothing that an
/// update changes lies in it, for a FAT does not bear that power fails.
struct BootPartition: Sendable {
  let board: Board
  let shelf: BoardShelf
  let packages: URL

  func image(in workshop: Workshop) async throws(ImageError) -> URL {
    var files: [(name: String, source: URL)] = []
    for file in board.firmware {
      let isOwn = file.file.hasPrefix("./")
      let root = isOwn ? shelf.folder.appendingPathComponent(board.id) : packages
      files.append((file.name, try Files.find(file.file, in: root, for: "the FAT partition of \(board.name)")))
    }
    let script = try bootCommands()
    var inputs = [script]
    for file in files { inputs.append("\(file.name) \(try Workshop.hash(file.source))") }
    var sizes = 0
    for file in files { sizes += try CardWriter.size(of: file.source) }
    guard sizes < CardLayout.boot.size * 9 / 10 else {
      throw .overflow(
        "the boot partition of \(board.name)", size: sizes, room: CardLayout.boot.size * 9 / 10, place: "partition 1")
    }
    return try await workshop.step("boot-\(board.id)", inputs: inputs) { place in
      let staging = place.appendingPathExtension("files")
      try Files.remove(staging)
      for file in files { try Files.copy(file.source, to: staging.appendingPathComponent(file.name)) }
      let image = bootScript(script, name: "sotto", time: UInt32(Tool.time))
      try Files.write(image, to: staging.appendingPathComponent("boot.scr"))
      try Files.write([], to: place)
      try await Tool("mkfs.vfat")(
        [
          "-F", "32", "-n", "SOTTO", "-i", "50770002", "--invariant", "-C", place.path + ".fat",
          "\(CardLayout.boot.size / 1024)",
        ])
      try Files.move(URL(fileURLWithPath: place.path + ".fat"), to: place)
      for name in try Files.list(staging) {
        let file = staging.appendingPathComponent(name)
        try await Tool("touch")(["-d", "@\(Tool.time)", file.path])
        try await Tool("mcopy")(["-m", "-i", place.path, file.path, "::/\(name)"])
      }
      try Files.remove(staging)
    }
  }

  /// The boards' common script behind what differs from one to the next.
  private func bootCommands() throws(ImageError) -> String {
    let common = String(decoding: try Files.read(shelf.folder.appendingPathComponent("boot.cmd")), as: UTF8.self)
    var own = "setenv console \(board.console.device),\(board.console.baud)\n"
    if let watchdog = board.watchdog {
      own += "setenv watchdog 'mw.l 0x\(String(watchdog.address, radix: 16)) 0x\(String(watchdog.value, radix: 16))'\n"
    }
    return own + common
  }
}
