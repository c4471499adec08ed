import Platform
import Slots
import Updates

/// `sotto update`: writes a signed bundle into the slot that does not run, and has it tried at the next start.
public enum UpdateCommand {
  private static let key = "/etc/sotto/update.pub"
  /// Octets that are read at once.
  private static let piece = 1 << 16

  @export(interface)
  public static func run(_ source: String, _ arguments: Arguments) -> Int32 {
    CommandFailure.status { () throws(CommandFailure) in try update(source, arguments) }
  }

  private static func update(_ source: String, _ arguments: Arguments) throws(CommandFailure) {
    guard !source.hasPrefix("http://"), !source.hasPrefix("https://") else {
      throw CommandFailure(
        source, "sotto has no HTTP client yet: have another program fetch it, such as 'wget -O - URL | sotto update -'")
    }
    let path = arguments["--key"] ?? key
    let file = try step(path) { () throws(PlatformError) in try Files.read(path, limit: 4096) }
    var reader = BundleReader(publicKey: try step(path) { () throws(UpdateFault) in try UpdateKey.publicKey(of: file) })
    let card = try OwnCard(arguments)
    defer { card.disk.close() }
    let input = try step(source) { () throws(PlatformError) in try InputFile(source) }
    defer { input.close() }
    var installation: Installation<RawDisk>?
    var told = 0
    while true {
      let bytes = try step(source) { () throws(PlatformError) in try input.read(piece) }
      if bytes.isEmpty { break }
      reader.receive(bytes[...])
      while let output = try step(source, { () throws(UpdateFault) in try reader.next() }) {
        switch output {
        case .manifest(let manifest):
          let allowsOlder = arguments["--allow-older"] != nil
          installation = try step(source) { () throws(UpdateFault) in
            try Installation(
              manifest, on: card.slots, board: card.system.board, own: .own, allowsOlder: allowsOlder)
          }
          tell(manifest, into: card.system.slot.other)
        case .content(let part, let place, let bytes):
          try step(source) { () throws(UpdateFault) -> Void in
            try installation?.write(part, at: place, bytes)
          }
        }
      }
      told = tell(reader.percent, after: told)
    }
    try step(source) { () throws(UpdateFault) -> Void in
      try reader.finish()
      try installation?.finish()
    }
    Process.writeOutput("slot \(card.system.slot.other.rawValue) holds it; it is tried at the next start\n")
  }

  private static func tell(_ manifest: Manifest, into slot: Slot) {
    Process.writeOutput(
      "version \(manifest.version.text) (\(manifest.commit)) for \(manifest.board) goes into slot \(slot.rawValue)\n")
  }

  /// Each tenth; what was told last.
  private static func tell(_ percent: Int, after told: Int) -> Int {
    guard percent / 10 > told else { return told }
    Process.writeOutput("\(percent / 10 * 10) %\n")
    return percent / 10
  }
}
