import Foundation
import Updates
import Wire

/// What goes into the first stage (initramfs) and into the root file system. Both carry the modules of every board with
/// this kernel and a list for each, by device tree, so that one build of them serves all boards.
struct RootFiles: Sendable {
  let rootfs: URL
  let packages: URL
  let shelf: BoardShelf
  let kernel: Kernel
  /// The boards with this kernel.
  let boards: [Board]

  /// Names the modules of one stage: the board's own, then those of every board.
  private func moduleLists(
    _ stage: String, _ own: KeyPath<Board, [String]>
  ) throws(ImageError) -> [(board: Board, names: [String], file: String)] {
    let file = rootfs.appendingPathComponent("modules/\(stage)")
    let common = String(decoding: try Files.read(file), as: UTF8.self).split(separator: "\n")
      .filter { !$0.hasPrefix("#") }.map(String.init)
    return boards.map { ($0, $0[keyPath: own] + common, "\(shelf.file(of: $0)) (or \(file.path))") }
  }

  /// A static program of the packages, for the board's processor.
  private func program(_ path: String, for purpose: String) throws(ImageError) -> [UInt8] {
    try Self.program(try Files.find(path, in: packages, for: purpose))
  }

  private static func program(_ file: URL) throws(ImageError) -> [UInt8] {
    let content = try Files.read(file)
    let code = MachineCode(content)
    guard code == .armELF(isHardFloat: true) else {
      throw .wrongProcessor(
        file: file.path, found: code.description, expected: MachineCode.armELF(isHardFloat: true).description)
    }
    return content
  }

  private func busybox() throws(ImageError) -> [UInt8] { try program("usr/bin/busybox", for: "the userland") }

  /// The compressed archive that the kernel unpacks before it mounts anything.
  func initramfs(in workshop: Workshop) async throws(ImageError) -> URL {
    let lists = try moduleLists("initramfs", \.initramfsModules)
    let script = rootfs.appendingPathComponent("initramfs/init")
    let inputs = [
      packages.path, kernel.version, try Workshop.hash(script),
      lists.map { "\($0.board.compatible) \($0.names)" }.joined(),
    ]
    return try await workshop.step("initrd", inputs: inputs) { place in
      var archive = Cpio(time: Tool.time)
      for folder in ["bin", "dev", "etc", "etc/modules", "lib", "lib/modules", "new", "proc", "run", "sbin", "sys"] {
        archive.addFolder(folder)
      }
      archive.addCharacterDevice("dev/console", major: 5, minor: 1)
      archive.addFile("bin/busybox", try busybox(), isExecutable: true)
      archive.addLink("bin/sh", to: "busybox")
      archive.addLink("sbin/modprobe", to: "../bin/busybox")
      archive.addFile("init", try Files.read(script), isExecutable: true)
      for list in lists {
        archive.addFile("etc/modules/\(list.board.compatible)", Array(list.names.joined(separator: "\n").utf8) + [10])
      }
      var folders: Set<String> = ["lib", "lib/modules"]
      for file in try await kernel.files(lists.map { ($0.names, $0.file) }) {
        var parent = ""
        for part in file.path.split(separator: "/").dropLast() {
          parent += (parent.isEmpty ? "" : "/") + part
          if folders.insert(parent).inserted { archive.addFolder(parent) }
        }
        archive.addFile(file.path, file.content)
      }
      let plain = place.appendingPathExtension("cpio")
      try Files.write(archive.finished(), to: plain)
      try await Tool("zstd")(["-q", "-19", "-T2", "-f", plain.path, "-o", place.path])
      try Files.remove(plain)
    }
  }

  /// The read-only root file system with the exchange in it, the data partition's empty file system, for the day on which a
  /// card's is beyond repair, and the key by whose owner it lets itself be updated.
  func root(exchange: URL, data: URL, updateKey: [UInt8]?, in workshop: Workshop) async throws(ImageError) -> URL {
    let lists = try moduleLists("root", \.rootModules)
    let overlay = rootfs.appendingPathComponent("overlay")
    let tree = try await workshop.step(
      "root",
      inputs: [
        packages.path, kernel.version, try Workshop.hash(overlay), data.path,
        lists.map { "\($0.board.compatible) \($0.names)" }.joined(),
      ]
    ) { place in
      try Files.copy(overlay, to: place)
      for folder in ["boot", "data", "dev", "proc", "run", "sys", "tmp"] {
        try Files.makeFolder(place.appendingPathComponent(folder))
      }
      try Files.write(try busybox(), to: place.appendingPathComponent("bin/busybox"), mode: 0o755)
      let check = try program("usr/sbin/e2fsck.static", for: "the check of the data partition")
      try Files.write(check, to: place.appendingPathComponent("sbin/e2fsck"), mode: 0o755)
      try Files.copy(data, to: place.appendingPathComponent("lib/sotto/data.ext4"))
      for list in lists {
        let names = Array(list.names.joined(separator: "\n").utf8) + [10]
        try Files.write(names, to: place.appendingPathComponent("etc/modules/\(list.board.compatible)"))
      }
      for file in try await kernel.files(lists.map { ($0.names, $0.file) }) {
        try Files.write(file.content, to: place.appendingPathComponent(file.path))
      }
    }
    let binary = try Self.program(exchange)
    let inputs = [tree.path, try Workshop.hash(exchange), updateKey.map { hex($0) } ?? "no key"]
    return try await workshop.step("squashfs", inputs: inputs) { place in
      let target = tree.appendingPathComponent("bin/sotto")
      let key = tree.appendingPathComponent("etc/sotto")
      try Files.write(binary, to: target, mode: 0o755)
      // A step that failed may have left one.
      try Files.remove(key)
      if let updateKey {
        try Files.write(UpdateKey.file(public: updateKey), to: key.appendingPathComponent("update.pub"))
      }
      try await Tool("mksquashfs")([
        tree.path, place.path, "-all-root", "-noappend", "-comp", "zstd", "-Xcompression-level", "19", "-b", "128K",
        "-no-progress", "-quiet", "-processors", "2",
      ])
      try Files.remove(target)
      try Files.remove(key)
    }
  }
}
