import Configuration

extension Board {
  /// Reads `board.yaml`; `file` is the name that faults carry, `id` that of its folder.
  public init(yaml bytes: [UInt8], id: String, file: String) throws(ImageError) {
    self.init()
    self.id = id
    let root: YAMLNode
    do throws(Fault) {
      root = try parseYAML(bytes)
    } catch {
      throw .faults(file: file, [error])
    }
    var reader = YAMLReader()
    read(root, &reader)
    guard reader.faults.isEmpty else {
      throw .faults(file: file, reader.faults.sorted { $0.position < $1.position })
    }
  }

  private mutating func read(_ root: YAMLNode, _ reader: inout YAMLReader) {
    let needed = ["name", "compatible", "processor", "kernel", "console", "modules", "emulator"]
    let top = reader.whole(root, of: "", needed: needed, optional: ["bootloader", "firmware", "watchdog"])
    name = reader.line(top["name"], "the board's name") ?? name
    compatible = reader.word(top["compatible"], "the device tree's first compatible") ?? compatible
    processor = top["processor"].flatMap { reader.choice($0) } ?? processor
    emulator = top["emulator"].flatMap { reader.choice($0) } ?? emulator
    if let node = top["kernel"] {
      let section = reader.whole(node, of: "kernel", needed: ["image", "modules", "device_tree"])
      kernel.image = reader.path(section["image"]) ?? kernel.image
      kernel.modules = reader.path(section["modules"]) ?? kernel.modules
      kernel.deviceTree = reader.path(section["device_tree"]) ?? kernel.deviceTree
    }
    if let node = top["console"] { read(console: node, &reader) }
    if let node = top["watchdog"] {
      let section = reader.whole(node, of: "watchdog", needed: ["address", "value", "source"])
      watchdog = Watchdog(
        address: reader.word32(section["address"]), value: reader.word32(section["value"]),
        source: reader.line(section["source"], "the page that these come from") ?? "")
    }
    if let node = top["modules"] {
      let section = reader.whole(node, of: "modules", needed: ["initramfs", "root"])
      initramfsModules = reader.modules(section["initramfs"])
      rootModules = reader.modules(section["root"])
    }
    for node in top["bootloader"].flatMap({ reader.list($0, of: "boot loader files", most: 8) }) ?? [] {
      let section = reader.whole(node, of: "bootloader", needed: ["file", "offset", "source"])
      bootloader.append(
        RawFile(
          file: reader.path(section["file"]) ?? "", offset: reader.offset(section["offset"]) ?? 0,
          source: reader.line(section["source"], "the page that the offset comes from") ?? ""))
    }
    for node in top["firmware"].flatMap({ reader.list($0, of: "firmware files", most: 64) }) ?? [] {
      let section = reader.whole(node, of: "firmware", needed: ["file", "as"])
      let name = reader.word(section["as"], "a file name in the FAT partition") ?? ""
      if let node = section["as"], !name.isEmpty, firmware.contains(where: { $0.name == name }) {
        reader.refuse(node, expected: "a name that no other firmware file has")
      }
      firmware.append(FirmwareFile(file: reader.path(section["file"]) ?? "", name: name))
    }
  }

  private mutating func read(console node: YAMLNode, _ reader: inout YAMLReader) {
    let section = reader.whole(node, of: "console", needed: ["device", "baud", "header", "pins", "source"])
    console.device = reader.word(section["device"], "a serial device such as ttyS0") ?? ""
    console.baud = section["baud"].flatMap { reader.integer($0, in: 9600...4_000_000, expected: "bits a second") } ?? 0
    console.header = reader.line(section["header"], "where the serial header is") ?? ""
    console.source = reader.line(section["source"], "where the pins are documented") ?? ""
    guard let node = section["pins"] else { return }
    let pins = reader.whole(node, of: "pins", needed: ["transmit", "receive", "ground"])
    console.transmit = reader.line(pins["transmit"], "a pin") ?? ""
    console.receive = reader.line(pins["receive"], "a pin") ?? ""
    console.ground = reader.line(pins["ground"], "a pin") ?? ""
  }
}

extension YAMLReader {
  /// A mapping in which all of `needed` must stand.
  fileprivate mutating func whole(
    _ node: YAMLNode, of name: String, needed: [String], optional: [String] = []
  ) -> [String: YAMLNode] {
    let section = section(node, of: name, keys: needed + optional)
    guard node.pairs != nil else { return section }
    for key in needed where section[key] == nil {
      note(.missingKey(key, of: name.isEmpty ? "the board" : quoted(name)), at: node.position)
    }
    return section
  }

  fileprivate mutating func line(_ node: YAMLNode?, _ expected: String) -> String? {
    guard let node, let text = text(node, expected: expected) else { return nil }
    if text.isEmpty { refuse(node, expected: expected) }
    return text
  }

  /// Text without blanks, quotes or slashes: it goes into file names and boot scripts.
  fileprivate mutating func word(_ node: YAMLNode?, _ expected: String) -> String? {
    guard let node, let text = line(node, expected) else { return nil }
    let isFit = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ","),
        UInt8(ascii: "."):
        true
      default: false
      }
    }
    if !isFit || text.hasPrefix(".") { refuse(node, expected: "\(expected): letters, digits and -_,. alone") }
    return text
  }

  /// A path inside a folder that is known by other means: relative, without `..`.
  fileprivate mutating func path(_ node: YAMLNode?) -> String? {
    let expected = "a relative path without '..'"
    guard let node, let text = line(node, expected) else { return nil }
    if text.hasPrefix("/") || text.split(separator: "/").contains("..") { refuse(node, expected: expected) }
    return text
  }

  /// Bytes from the card's start: past the partition table, in the gap that `CardLayout` leaves for boot loaders.
  fileprivate mutating func offset(_ node: YAMLNode?) -> Int? {
    let range = 512...(CardLayout.stateOffset - 512)
    guard let node, let offset = integer(node, in: range, expected: "bytes from the card's start") else { return nil }
    if offset % 512 != 0 { refuse(node, expected: "a multiple of 512") }
    return offset
  }

  /// A word of 32 bits, as hardware is documented: `0x01c20c94`.
  fileprivate mutating func word32(_ node: YAMLNode?) -> UInt32 {
    let expected = "a hexadecimal number of 32 bits, such as 0x01c20c94"
    guard let node, let text = line(node, expected) else { return 0 }
    if text.hasPrefix("0x"), let number = UInt32(text.dropFirst(2), radix: 16) { return number }
    refuse(node, expected: expected)
    return 0
  }

  fileprivate mutating func modules(_ node: YAMLNode?) -> [String] {
    guard let node, let elements = list(node, of: "kernel modules", most: 64) else { return [] }
    return elements.compactMap { word($0, "a kernel module's name") }
  }
}
