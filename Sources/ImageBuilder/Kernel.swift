import Foundation

/// A kernel as its package has it, with the tables of its modules.
struct Kernel: Sendable {
  let image: URL
  let version: String
  private let folder: URL
  private let modules: KernelModules

  /// Finds the board's kernel in the unpacked packages and refuses one for another processor.
  init(for board: Board, packages: URL, workshop: Workshop) async throws(ImageError) {
    image = try Files.find(board.kernel.image, in: packages, for: "the kernel of \(board.name)")
    let code = MachineCode(Array(try Files.read(image).prefix(1024)))
    guard code == .armKernel else {
      throw .wrongProcessor(
        file: image.path, found: code.description, expected: "a kernel for 32-bit ARM (\(board.processor.rawValue))")
    }
    let folder = try Files.find(board.kernel.modules, in: packages, for: "the kernel modules of \(board.name)")
    self.folder = folder
    version = folder.lastPathComponent
    let version = version
    let written = try await workshop.step("module-tables", inputs: [folder.path]) { place in
      // depmod writes where it reads, below lib/modules of its base, and the packages stay as they are.
      let base = place.appendingPathExtension("base")
      let copy = base.appendingPathComponent("lib/modules/\(version)")
      try Files.copy(folder, to: copy)
      try await Tool("depmod")(["-b", base.path, version])
      for name in ["modules.dep", "modules.softdep", "modules.alias", "modules.symbols"] {
        try Files.copy(copy.appendingPathComponent(name), to: place.appendingPathComponent(name))
      }
      try Files.remove(base)
    }
    func text(_ name: String, in folder: URL) throws(ImageError) -> String {
      String(decoding: try Files.read(folder.appendingPathComponent(name)), as: UTF8.self)
    }
    modules = KernelModules(
      dependencies: try text("modules.dep", in: written), soft: try text("modules.softdep", in: written),
      builtIn: try text("modules.builtin", in: folder), aliases: try text("modules.alias", in: written),
      symbols: try text("modules.symbols", in: written))
  }

  /// The files of the modules named by `lists`, with what they need and modprobe's tables: a path below
  /// `lib/modules/VERSION` and its content each.
  func files(_ lists: [(names: [String], file: String)]) async throws(ImageError) -> [(path: String, content: [UInt8])]
  {
    var closure: [String] = []
    for list in lists {
      for file in try modules.closure(of: list.names, namedIn: list.file) where !closure.contains(file) {
        closure.append(file)
      }
    }
    var files: [(String, [UInt8])] = []
    for path in closure {
      let plain = folder.appendingPathComponent(path)
      let isPlain = FileManager.default.fileExists(atPath: plain.path)
      // The file system around it compresses better, and an old core unpacks xz slowly.
      let content = isPlain ? try Files.read(plain) : try await Tool("xz")(["-dc", plain.path + ".xz"])
      guard case .armELF = MachineCode(content) else {
        throw .wrongProcessor(
          file: plain.path, found: MachineCode(content).description, expected: "a module for 32-bit ARM")
      }
      files.append((path, content))
    }
    for table in modules.tables(for: closure) { files.append((table.name, Array(table.text.utf8))) }
    return files.map { ("lib/modules/\(version)/\($0.0)", $0.1) }
  }
}
