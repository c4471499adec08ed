/// One thing that is wrong in a file: where, what was found, what is expected.
public struct Fault: Error, Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    /// Not YAML, or a part of YAML that is not taken here (aliases, tags, several documents).
    case syntax(String)
    /// The key, the keys known there, and the nearest of them if any is near.
    case unknownKey(String, known: [String], nearest: String?)
    /// A key or an element that stands twice.
    case duplicate(String, first: YAMLPosition)
    /// A key that must be there.
    case missingKey(String, of: String)
    /// A value of the wrong type or out of range; `nearest` is what may have been meant.
    case value(found: String, expected: String, nearest: String?)
  }

  public var kind: Kind
  public var position: YAMLPosition

  public init(_ kind: Kind, at position: YAMLPosition) {
    self.kind = kind
    self.position = position
  }

  /// A sentence without the place.
  public var message: String {
    switch kind {
    case .syntax(let problem):
      return problem
    case .unknownKey(let key, let known, let nearest):
      return "unknown key \(quoted(key)); expected \(oneOf(known))" + hint(nearest)
    case .duplicate(let what, let first):
      return "\(what) stands twice; it was first on line \(first.line)"
    case .missingKey(let key, let owner):
      return "\(owner) has no \(quoted(key)); add one"
    case .value(let found, let expected, let nearest):
      return "found \(found), expected \(expected)" + hint(nearest)
    }
  }

  private func hint(_ nearest: String?) -> String {
    guard let nearest else { return "" }
    return "; did you mean \(quoted(nearest))?"
  }

  /// `sotto.yaml:3:5: unknown key …`
  public func description(file: String) -> String {
    "\(file):\(position.line):\(position.column): \(message)"
  }
}

/// Why a file was refused: every fault found, in the file's order.
public struct ConfigurationError: Error, Equatable, Sendable {
  public var file: String
  public var faults: [Fault]

  public init(file: String, faults: [Fault]) {
    self.file = file
    self.faults = faults
  }

  /// One line a fault, each `file:line:column: sentence`.
  public var lines: [String] { faults.map { $0.description(file: file) } }
  public var description: String { lines.joined(separator: "\n") }
}

/// `a, b or c`.
func oneOf(_ words: [String]) -> String {
  guard let last = words.last else { return "nothing" }
  return words.count == 1 ? last : words.dropLast().joined(separator: ", ") + " or " + last
}
