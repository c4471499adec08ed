import Crypto
import Foundation
import Slots
import Wire

/// Puts the parts of a card together: `sotto-BOARD.img`, its compressed form, hash and block map.
public struct CardImage: Sendable {
  public let board: Board
  public let shelf: BoardShelf
  /// The folder into which Debian's packages were unpacked.
  public let packages: URL
  public let rootfs: URL
  /// The exchange, built for the board's processor.
  public let exchange: URL
  /// The public key of Ed25519 whose bundles the card is to take; nil for none.
  public let updateKey: [UInt8]?
  /// `build`: images in `images/`, intermediate steps in `work/`.
  public let output: URL

  public init(
    board: Board, shelf: BoardShelf, packages: URL, rootfs: URL, exchange: URL, updateKey: [UInt8]?, output: URL
  ) {
    self.board = board
    self.shelf = shelf
    self.packages = packages
    self.rootfs = rootfs
    self.exchange = exchange
    self.updateKey = updateKey
    self.output = output
  }

  /// Makes the image with this configuration; nil mints one and leaves its sheet. Returns what was made.
  public func make(configuration: [UInt8]?, say: (String) -> Void) async throws(ImageError) -> [URL] {
    let workshop = try Workshop(folder: output.appendingPathComponent("work"))
    let images = output.appendingPathComponent("images")
    try Files.makeFolder(images)
    let image = images.appendingPathComponent("sotto-\(board.id).img")
    let sheetFile = images.appendingPathComponent("sotto-\(board.id).card.txt")
    let bare = try await bareCard(in: workshop, say: say)

    // The card beneath holds no secret: the configuration goes into a copy.
    try Files.copy(bare.image, to: image)
    var made = [image]
    if let configuration {
      try await put(configuration, into: image)
      try Files.remove(sheetFile)
    } else {
      let sheet = try CardSheet()
      try await put(Array(sheet.configuration.utf8), into: image)
      try Files.write(Array(sheet.text(board: board).utf8), to: sheetFile, mode: 0o600)
      made.append(sheetFile)
    }
    say("compressing")
    return made + (try await companions(of: image, used: bare.used))
  }

  /// What a slot holds: the root file system, and what starts it.
  func slotParts(in workshop: Workshop, say: (String) -> Void) async throws(ImageError) -> (root: URL, start: URL) {
    let kernel = try await Kernel(for: board, packages: packages, workshop: workshop)
    let boards = shelf.boards.filter { $0.kernel.image == board.kernel.image }
    let files = RootFiles(rootfs: rootfs, packages: packages, shelf: shelf, kernel: kernel, boards: boards)
    say("first stage")
    let initramfs = try await files.initramfs(in: workshop)
    say("root file system")
    let data = try await dataPartition(in: workshop)
    let root = try await files.root(exchange: exchange, data: data, updateKey: updateKey, in: workshop)
    let start = try await SlotStart(board: board, packages: packages, kernel: kernel)
      .image(initramfs: initramfs, in: workshop)
    return (root, start)
  }

  /// The card without configuration, and how much is used of slot A.
  private func bareCard(
    in workshop: Workshop, say: (String) -> Void
  ) async throws(ImageError) -> (image: URL, used: [Partition]) {
    let (root, start) = try await slotParts(in: workshop, say: say)
    say("boot partition")
    let boot = try await BootPartition(board: board, shelf: shelf, packages: packages).image(in: workshop)
    let data = try await dataPartition(in: workshop)
    say("card")
    var raw: [(file: Board.RawFile, content: [UInt8])] = []
    for file in board.bootloader {
      let source = try Files.find(file.file, in: packages, for: "the boot loader of \(board.name)")
      raw.append((file, try Files.read(source)))
    }
    try Self.checkRoom(for: raw.map { ($0.file.file, $0.file.offset, $0.content.count) })
    let parts = [
      (CardLayout.boot, boot), (CardLayout.rootA, root), (CardLayout.startA, start), (CardLayout.data, data),
    ]
    let inputs = parts.map { $0.1.path } + raw.map { "\($0.file.offset) \(hex(Hash.sha256($0.content)))" }
    let image = try await workshop.step("card-\(board.id)", inputs: inputs) { place in
      let card = try CardWriter(place, size: CardLayout.size)
      try card.write(partitionTable(CardLayout.partitions, signature: CardLayout.signature), at: 0)
      for file in raw { try card.write(file.content, at: file.file.offset) }
      try card.write(SlotState(good: .a).sector, at: CardLayout.stateOffset)
      for (partition, file) in parts { try card.write(file, at: partition) }
      try card.close()
    }
    var used: [Partition] = []
    for (area, file) in [(CardLayout.rootA, root), (CardLayout.startA, start)] {
      used.append(Partition(area.kind, offset: area.offset, size: try CardWriter.size(of: file)))
    }
    return (image, used)
  }

  /// Refuses boot loader files that overlap each other or run into what lies behind the gap.
  static func checkRoom(for files: [(name: String, offset: Int, size: Int)]) throws(ImageError) {
    let sorted = files.sorted { $0.offset < $1.offset }
    for (index, file) in sorted.enumerated() {
      let next = index + 1 < sorted.count ? sorted[index + 1].offset : CardLayout.stateOffset
      guard file.size <= next - file.offset else {
        throw .overflow(
          file.name, size: file.size, room: next - file.offset, place: "the gap from \(file.offset) to \(next)")
      }
    }
  }

  /// An empty ext4, whose tables are written out in full, so that nothing of an old card shows through.
  private func dataPartition(in workshop: Workshop) async throws(ImageError) -> URL {
    let size = CardLayout.data.size
    return try await workshop.step("data", inputs: ["\(size)"]) { place in
      let id = "50770003-0000-4000-8000-000000000000"
      try await Tool("mke2fs")([
        "-q", "-F", "-t", "ext4", "-b", "4096", "-m", "0", "-L", "sotto-data", "-U", id,
        // Room in the tables for a card of 256 GiB.
        "-E", "hash_seed=\(id),root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0,resize=\(256 << 18)",
        place.path, "\(size / 1024)k",
      ])
    }
  }

  private func put(_ configuration: [UInt8], into image: URL) async throws(ImageError) {
    let file = output.appendingPathComponent("work/sotto.yaml")
    try Files.write(configuration, to: file, mode: 0o600)
    try await Tool("touch")(["-d", "@\(Tool.time)", file.path])
    try await Tool("mcopy")(["-m", "-o", "-i", "\(image.path)@@\(CardLayout.boot.offset)", file.path, "::/sotto.yaml"])
    try Files.remove(file)
  }

  /// Writes `.img.xz`, `.img.sha256` (of both) and `.bmap`.
  private func companions(of image: URL, used: [Partition]) async throws(ImageError) -> [URL] {
    let compressed = image.appendingPathExtension("xz")
    try await Tool("xz")(["-6", "-T2", "-k", "-f", image.path])
    let map = image.deletingPathExtension().appendingPathExtension("bmap")
    try Files.write(Array(try CardWriter.blockMap(of: image, used: used).text.utf8), to: map)
    let sums = image.appendingPathExtension("sha256")
    var text = ""
    for file in [image, compressed] { text += "\(try Workshop.hash(file))  \(file.lastPathComponent)\n" }
    try Files.write(Array(text.utf8), to: sums)
    return [compressed, sums, map]
  }
}
