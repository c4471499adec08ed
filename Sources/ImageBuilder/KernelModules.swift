/// A kernel's modules and what each needs, by the tables that depmod writes.
struct KernelModules: Sendable {
  /// By name, with `_` for `-`: the file, relative to the modules folder, without a compression's suffix.
  private var files: [String: String] = [:]
  /// By name: the files of all that it needs, as depmod lists them (what is needed last comes first).
  private var needs: [String: [String]] = [:]
  /// By name: modules to load before it.
  private var before: [String: [String]] = [:]
  private var builtIn: Set<String> = []
  private var aliases: [(alias: String, module: String)] = []
  private var symbols: [(symbol: String, module: String)] = []

  init(
    dependencies: String, soft: String, builtIn builtInText: String, aliases aliasText: String,
    symbols symbolText: String
  ) {
    for line in dependencies.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard let first = parts.first else { continue }
      let file = Self.uncompressed(first)
      files[Self.name(file)] = file
      needs[Self.name(file)] = (parts.count > 1 ? parts[1].split(separator: " ") : []).map(Self.uncompressed)
    }
    for line in soft.split(separator: "\n") {
      // softdep NAME pre: A B post: C
      let words = line.split(separator: " ")
      guard words.count > 3, words[0] == "softdep", let pre = words.firstIndex(of: "pre:") else { continue }
      before[Self.plain(words[1]), default: []] += words[(pre + 1)...].prefix { $0 != "post:" }.map(Self.plain)
    }
    for line in builtInText.split(separator: "\n") { builtIn.insert(Self.name(Self.uncompressed(line))) }
    aliases = Self.pairs(aliasText, "alias").map { ($0.0, $0.1) }
    symbols = Self.pairs(symbolText, "alias").map { ($0.0, $0.1) }
  }

  /// The files of the named modules and of all that they need, each after what it needs; names that are built in need
  /// none. `file` is the one that names them.
  func closure(of names: [String], namedIn file: String) throws(ImageError) -> [String] {
    var found: [String] = []
    var seen: Set<String> = []
    for name in names {
      let plain = Self.plain(name[...])
      if files[plain] == nil, !builtIn.contains(plain) { throw .unknownModule(name, namedIn: file) }
      visit(plain, &found, &seen)
    }
    return found
  }

  private func visit(_ name: String, _ found: inout [String], _ seen: inout Set<String>) {
    guard let file = files[name], seen.insert(name).inserted else { return }
    for other in before[name] ?? [] { visit(other, &found, &seen) }
    for needed in (needs[name] ?? []).reversed() { visit(Self.name(needed), &found, &seen) }
    found.append(file)
  }

  /// `modules.dep`, `modules.alias` and `modules.symbols` of these files alone, for modprobe on the board.
  func tables(for closure: [String]) -> [(name: String, text: String)] {
    let names = Set(closure.map(Self.name))
    let dependencies = closure.map { "\($0): \((needs[Self.name($0)] ?? []).joined(separator: " "))\n" }
    let alias = aliases.filter { names.contains($0.module) }.map { "alias \($0.alias) \($0.module)\n" }
    let symbol = symbols.filter { names.contains($0.module) }.map { "alias \($0.symbol) \($0.module)\n" }
    return [
      ("modules.dep", dependencies.joined()), ("modules.alias", alias.joined()), ("modules.symbols", symbol.joined()),
    ]
  }

  /// `kernel/fs/ext4/ext4.ko.xz` → `kernel/fs/ext4/ext4.ko`.
  private static func uncompressed(_ path: Substring) -> String {
    path.hasSuffix(".xz") ? String(path.dropLast(3)) : String(path)
  }

  /// `kernel/drivers/watchdog/sunxi-wdt.ko` → `sunxi_wdt`.
  private static func name(_ file: String) -> String {
    let last = file.split(separator: "/").last ?? ""
    return plain(last.hasSuffix(".ko") ? last.dropLast(3) : last)
  }

  private static func plain(_ name: Substring) -> String {
    String(name.map { $0 == "-" ? "_" : $0 })
  }

  private static func pairs(_ text: String, _ keyword: String) -> [(String, String)] {
    text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      return words.count == 3 && words[0] == keyword ? (String(words[1]), plain(words[2])) : nil
    }
  }
}
