import Configuration
import Wire

/// What the menu can do to the world; a test puts its own in place.
public struct MenuActions {
  public var ask: (String, [JSON.Member]) -> Result<JSON, ControlError>
  /// `eth0 192.168.1.5`, one an address.
  public var addresses: () -> [String]
  /// Runs a program to its end and returns what to tell the person.
  public var restartNetwork: () -> String
  public var reboot: () -> String
  /// Has the next start try the bundle on the card's FAT partition, if it is a good one; whether it will.
  public var update: () -> Bool

  public init(
    ask: @escaping (String, [JSON.Member]) -> Result<JSON, ControlError>, addresses: @escaping () -> [String],
    restartNetwork: @escaping () -> String, reboot: @escaping () -> String, update: @escaping () -> Bool
  ) {
    self.ask = ask
    self.addresses = addresses
    self.restartNetwork = restartNetwork
    self.reboot = reboot
    self.update = update
  }
}

/// The serial menu without its terminal: a key goes in, text comes out. The text is plain, for 80 columns and 24 lines.
public struct Menu {
  /// Text columns of the terminal, and the lines of a page: 24 less the prompt and a line of the page before.
  static let columns = 80
  static let pageLines = 22

  private enum State {
    case top
    /// Lines that wait for a key.
    case paging([String])
    case choosingLevel
    case confirmingReboot
  }

  private var state = State.top
  private let actions: MenuActions
  public private(set) var isFinished = false

  public init(actions: MenuActions) { self.actions = actions }

  /// What stands there first.
  public func greeting() -> String {
    let running =
      switch actions.ask("status", []) {
      case .success(let status): summaryText(status)
      case .failure(let error): error.description + "\n"
      }
    return "\nSotto \(sottoVersion)\n" + wrapped(running) + menu
  }

  private var menu: String {
    """

     1 addresses          2 registered phones   3 calls         4 log
     5 log level          6 restart network     7 reboot   8 update   q quit
    >\u{20}
    """
  }

  /// Takes one key; a carriage return or line feed shows the menu again, so that whole lines work as well.
  @export(interface)
  public mutating func press(_ key: UInt8) -> String {
    let isEnter = key == UInt8(ascii: "\n") || key == UInt8(ascii: "\r")
    switch state {
    case .paging(let lines):
      if isEnter { return "" }
      if key == UInt8(ascii: "q") { return top("\n") }
      return page(lines)
    case .choosingLevel:
      return isEnter ? "" : chooseLevel(key)
    case .confirmingReboot:
      if isEnter { return "" }
      return top(key == UInt8(ascii: "y") ? "\n" + actions.reboot() + "\n" : "\nnot rebooted\n")
    case .top:
      return isEnter ? menu : choose(key)
    }
  }

  private mutating func choose(_ key: UInt8) -> String {
    switch key {
    case UInt8(ascii: "1"):
      let addresses = actions.addresses()
      return show(addresses.isEmpty ? "no interface is up\n" : addresses.joined(separator: "\n") + "\n")
    case UInt8(ascii: "2"): return asked("status") { phonesText($0) }
    case UInt8(ascii: "3"): return asked("calls", [JSON.Member("last", .integer(20))]) { historyText($0) }
    case UInt8(ascii: "4"):
      return asked("log", [JSON.Member("lines", .integer(200))]) { logText($0) }
    case UInt8(ascii: "5"):
      state = .choosingLevel
      return "\n 1 error   2 warning   3 notice   4 info   5 debug   any other key: leave it\nlevel> "
    case UInt8(ascii: "6"): return top("\n" + actions.restartNetwork() + "\n")
    case UInt8(ascii: "7"): return askForReboot()
    case UInt8(ascii: "8"): return actions.update() ? askForReboot() : menu
    case UInt8(ascii: "q"):
      isFinished = true
      return "\n"
    default: return menu
    }
  }

  private mutating func askForReboot() -> String {
    state = .confirmingReboot
    return "\nReboot ends every call. Reboot now? y/n> "
  }

  private mutating func chooseLevel(_ key: UInt8) -> String {
    let levels = LogLevel.allCases
    let place = Int(key) - Int(UInt8(ascii: "1"))
    guard levels.indices.contains(place) else { return top("\nlog level left as it is\n") }
    let level = levels[place].rawValue
    return asked("log-level", [JSON.Member("level", .text(level))]) { _ in "log level is now \(level)\n" }
  }

  private mutating func asked(
    _ command: String, _ members: [JSON.Member] = [], _ text: (JSON) -> String
  ) -> String {
    switch actions.ask(command, members) {
    case .success(let answer): show(text(answer))
    case .failure(let error): show(error.description + "\n")
    }
  }

  private mutating func top(_ text: String) -> String {
    state = .top
    return text + menu
  }

  private mutating func show(_ text: String) -> String {
    "\n" + page(wrapped(text).split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { String($0) })
  }

  private mutating func page(_ lines: [String]) -> String {
    let text = lines.prefix(Self.pageLines).joined(separator: "\n") + "\n"
    guard lines.count > Self.pageLines else { return top(text) }
    state = .paging(Array(lines.dropFirst(Self.pageLines)))
    return text + "-- \(lines.count - Self.pageLines) more lines: space goes on, q stops --"
  }

  /// The text with lines broken at the terminal's width.
  private func wrapped(_ text: String) -> String {
    var made = String.UnicodeScalarView()
    var column = 0
    for scalar in text.unicodeScalars {
      if scalar == "\n" {
        column = 0
      } else if column == Self.columns {
        made.append("\n")
        column = 1
      } else {
        column += 1
      }
      made.append(scalar)
    }
    return String(made)
  }
}
