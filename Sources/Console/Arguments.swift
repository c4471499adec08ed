import Configuration

/// An option of a command: `--config FILE`, `--config=FILE`, or a flag without a value.
public struct OptionDescription: Sendable {
  /// With its dashes.
  public var name: String
  /// What the value is called in the help; nil for a flag.
  public var value: String?
  public var help: String

  public init(_ name: String, value: String? = nil, help: String) {
    self.name = name
    self.value = value
    self.help = help
  }
}

/// A subcommand, as its help shows it.
public struct CommandDescription: Sendable {
  public var name: String
  /// What its operands are called: `FILE`; `SERVER...` takes one or more.
  public var operands: [String]
  public var options: [OptionDescription]
  /// One line for the list of commands.
  public var summary: String
  /// More sentences for its own help, each a line.
  public var details: [String]

  public init(
    _ name: String, operands: [String] = [], options: [OptionDescription] = [], summary: String, details: [String] = []
  ) {
    self.name = name
    self.operands = operands
    self.options = options
    self.summary = summary
    self.details = details
  }

  public var usage: String {
    var text = "sotto \(name)"
    for option in options {
      text += " [\(option.name)" + (option.value.map { " " + $0 } ?? "") + "]"
    }
    for operand in operands { text += " " + operand }
    return text
  }

  public var help: String {
    var text = "Usage: \(usage)\n\n\(summary)\n"
    for line in details { text += line + "\n" }
    var rows = options.map { (left: $0.name + ($0.value.map { " " + $0 } ?? ""), right: $0.help) }
    rows.append((left: "--help", right: "shows this text"))
    text += "\nOptions:\n"
    let width = rows.map { $0.left.utf8.count }.max() ?? 0
    for row in rows { text += "  " + padded(row.left, to: width + 2) + row.right + "\n" }
    return text
  }
}

/// The arguments of one command, taken apart.
public struct Arguments: Equatable, Sendable {
  public enum Failure: Error, Equatable, Sendable {
    case unknown(option: String, command: String, nearest: String?)
    case valueMissing(option: String, value: String)
    case valueUnwanted(option: String)
    case twice(option: String)
    case operandMissing(String, command: String)
    case tooMany(operand: String, command: String)

    public var description: String {
      switch self {
      case .unknown(let option, let command, let nearest):
        "unknown option \(quoted(option))" + (nearest.map { "; did you mean \($0)?" } ?? "")
          + " See 'sotto \(command) --help'."
      case .valueMissing(let option, let value): "\(option) needs a value: \(option) \(value)"
      case .valueUnwanted(let option): "\(option) takes no value"
      case .twice(let option): "\(option) stands twice"
      case .operandMissing(let operand, let command): "\(operand) is missing. See 'sotto \(command) --help'."
      case .tooMany(let operand, let command): "\(quoted(operand)) is too much. See 'sotto \(command) --help'."
      }
    }
  }

  public private(set) var operands: [String] = []
  public private(set) var wantsHelp = false
  private var values: [String: String] = [:]

  /// The value of an option; an empty text for a flag that was given; nil where it was not.
  public subscript(_ option: String) -> String? { values[option] }

  /// Takes apart what stands after the command's name; `--` ends the options.
  @export(interface)
  public init(_ words: [String], of command: CommandDescription) throws(Failure) {
    var rest = words[...]
    var optionsEnded = false
    while let word = rest.popFirst() {
      if optionsEnded || !word.hasPrefix("-") || word == "-" {
        operands.append(word)
      } else if word == "--" {
        optionsEnded = true
      } else if word == "--help" || word == "-h" {
        wantsHelp = true
      } else {
        try take(word, &rest, command)
      }
    }
    if !wantsHelp { try checkOperands(command) }
  }

  private mutating func take(_ word: String, _ rest: inout ArraySlice<String>, _ command: CommandDescription)
    throws(Failure)
  {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard let option = command.options.first(where: { $0.name == name }) else {
      let names = command.options.map { $0.name } + ["--help"]
      throw .unknown(option: name, command: command.name, nearest: nearest(to: name, among: names))
    }
    guard values[name] == nil else { throw .twice(option: name) }
    guard let value = option.value else {
      guard parts.count == 1 else { throw .valueUnwanted(option: name) }
      values[name] = ""
      return
    }
    guard let given = parts.count == 2 ? String(parts[1]) : rest.popFirst(), !given.isEmpty else {
      throw .valueMissing(option: name, value: value)
    }
    values[name] = given
  }

  private func checkOperands(_ command: CommandDescription) throws(Failure) {
    let takesMany = command.operands.last.map { $0.hasSuffix("...") || $0.hasSuffix("...]") } == true
    let needed = command.operands.filter { !$0.hasPrefix("[") }
    if operands.count < needed.count { throw .operandMissing(needed[operands.count], command: command.name) }
    if !takesMany && operands.count > command.operands.count {
      throw .tooMany(operand: operands[command.operands.count], command: command.name)
    }
  }
}

/// The text with blanks behind it, up to that many columns.
func padded(_ text: String, to width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.unicodeScalars.count))
}
