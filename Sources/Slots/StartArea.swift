import Wire

/// What starts a slot: one sector that says where the parts lie, and the parts.
public enum StartArea {
  public enum Part: String, CaseIterable, Sendable { case kernel, tree, initrd }

  /// The area's octets. Each part begins on a sector; the first names, in U-Boot's variables, the sector of each from the
  /// area's start, its sectors, its octets and its CRC-32 in both orders of octets, and what the kernel is told. Nil where
  /// that doesn't fit.
  public static func bytes(_ parts: [(part: Part, content: [UInt8])], arguments: String) -> [UInt8]? {
    var variables = BootVariables()
    variables["arguments"] = arguments
    var body: [UInt8] = []
    for (part, content) in parts {
      let blocks = (content.count + SlotLayout.sector - 1) / SlotLayout.sector
      variables.set("\(part.rawValue)_at", UInt32(1 + body.count / SlotLayout.sector))
      variables.set("\(part.rawValue)_blocks", UInt32(blocks))
      variables.set("\(part.rawValue)_size", UInt32(content.count))
      let sum = crc32(content[...])
      variables.set("\(part.rawValue)_sum", sum)
      // U-Boot leaves it in memory as a number or, where it was built with CONFIG_HASH, with the first octet first.
      variables.set("\(part.rawValue)_mus", sum.byteSwapped)
      body += content + [UInt8](repeating: 0, count: blocks * SlotLayout.sector - content.count)
    }
    return variables.sector.map { $0 + body }
  }
}
