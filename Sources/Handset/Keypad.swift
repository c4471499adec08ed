import Phone
import Platform
import Wire

/// What the user wants.
enum Command: Equatable {
  case call(String)
  case answer, hangUp, hold, resume, toggleHold
  case keys([UInt8])
  /// Goes on without protection, after an alarm.
  case acceptPlain
  /// The words were compared: whoever is at the other end is who he should be.
  case trust
  case statistics, quit, help
  case unknown(String)

  /// A line of standard input.
  init?(line: String) {
    let words = line.split(separator: " ").map { String($0) }
    guard let verb = words.first else { return nil }
    switch (verb, words.count) {
    case ("call", 2): self = .call(words[1])
    case ("answer", 1): self = .answer
    case ("hangup", 1): self = .hangUp
    case ("hold", 1): self = .hold
    case ("resume", 1): self = .resume
    case ("plain", 1): self = .acceptPlain
    case ("trust", 1): self = .trust
    case ("statistics", 1): self = .statistics
    case ("quit", 1): self = .quit
    case ("keys", 2):
      let keys = words[1].utf8.compactMap { telephoneKey($0) }
      self = keys.count == words[1].utf8.count ? .keys(keys) : .unknown(line)
    case ("help", 1): self = .help
    default: self = .unknown(line)
    }
  }

  /// A key of a terminal; `c` and what follows up to the end of the line is for `Keypad`.
  init?(key: UInt8) {
    switch key {
    case UInt8(ascii: "a"): self = .answer
    case UInt8(ascii: "h"): self = .hangUp
    case UInt8(ascii: "o"): self = .toggleHold
    case UInt8(ascii: "p"): self = .acceptPlain
    case UInt8(ascii: "t"): self = .trust
    case UInt8(ascii: "s"): self = .statistics
    case UInt8(ascii: "q"), 3, 4: self = .quit
    case UInt8(ascii: "?"): self = .help
    default:
      guard let digit = telephoneKey(key) else { return nil }
      self = .keys([digit])
    }
  }
}

/// Standard input: keys of a terminal, which shows what is typed, or lines of a program.
final class Keypad {
  static let longestLine = 1024
  private let terminal: Terminal?
  private var line: [UInt8] = []
  /// A number is being typed.
  private var isTyping = false

  var isTerminal: Bool { terminal != nil }

  init() { terminal = Terminal.takeKeysSingly() }

  func close() { terminal?.restore() }

  /// Takes what can be read now; nil where nothing more comes.
  func read() -> [Command]? {
    guard let bytes = Terminal.readAvailable(), !bytes.isEmpty else { return nil }
    var commands: [Command] = []
    for byte in bytes {
      if terminal != nil && !isTyping {
        if byte == UInt8(ascii: "c") {
          isTyping = true
          Process.writeOutput("all: ")
        } else if let command = Command(key: byte) {
          commands.append(command)
        }
      } else if byte == 10 || byte == 13 {
        let text = String(decoding: line, as: UTF8.self)
        line = []
        if isTyping {
          isTyping = false
          if !text.isEmpty { commands.append(.call(text)) }
        } else if let command = Command(line: text) {
          commands.append(command)
        }
      } else if byte == 127 || byte == 8, isTyping {
        if !line.isEmpty { line.removeLast() }
      } else if line.count < Self.longestLine {
        line.append(byte)
      }
    }
    return commands
  }

  static let help = """
    keys      c call, a answer, h hang up, o hold and resume, 0-9 * # A-D keys of the telephone,
              p go on without protection, t the words were compared, s statistics, q quit
    lines     call NUMBER, answer, hangup, hold, resume, keys 123#, plain, trust, statistics, quit

    """
}
