import Configuration

/// Why no image was made.
public enum ImageError: Error, Equatable, CustomStringConvertible {
  /// Faults of a board or configuration file, in the file's order.
  case faults(file: String, [Fault])
  case unknownBoard(String, known: [String])
  /// A file that is needed and isn't there: what was looked for, and for what.
  case missing(String, neededFor: String)
  /// A pattern that several files match.
  case ambiguous(String, matches: [String])
  case unknownModule(String, namedIn: String)
  case wrongProcessor(file: String, found: String, expected: String)
  /// Something that doesn't fit its place on the card; sizes in bytes.
  case overflow(String, size: Int, room: Int, place: String)
  case damaged(String, problem: String)
  case toolMissing(String)
  case toolFailed(String, problem: String)
  case file(String, problem: String)

  public var description: String {
    switch self {
    case .faults(let file, let faults):
      return faults.map { $0.description(file: file) }.joined(separator: "\n")
    case .unknownBoard(let name, let known):
      let hint = nearest(to: name, among: known).map { "; did you mean \(quoted($0))?" } ?? ""
      return "there is no board \(quoted(name)); there are \(known.joined(separator: ", "))\(hint)"
    case .missing(let name, let purpose):
      return "\(name) is missing, which is needed for \(purpose)"
    case .ambiguous(let pattern, let matches):
      return "\(pattern) is to name one file but names \(matches.count): \(matches.joined(separator: ", "))"
    case .unknownModule(let name, let file):
      return "\(file) names the kernel module \(quoted(name)), which this kernel doesn't have"
    case .wrongProcessor(let file, let found, let expected):
      return "\(file) is \(found); this board needs \(expected)"
    case .overflow(let what, let size, let room, let place):
      return "\(what) is \(size) bytes, but \(place) has room for \(room)"
    case .damaged(let file, let problem):
      return "\(file) can't be used: \(problem)"
    case .toolMissing(let name):
      return "the program \(name) isn't installed: `make setup` installs what images need"
    case .toolFailed(let name, let problem):
      return "\(name) failed: \(problem)"
    case .file(let name, let problem):
      return "\(name): \(problem)"
    }
  }
}
