import Wire

/// One message of a call on its way in or out. Its first line, and nothing else of it, is kept: no password and no digest
/// ever stands there.
public struct LadderStep: Equatable, Sendable {
  public var at: Instant
  public var isIncoming: Bool
  /// `INVITE sip:1002@office.lan`, `200 OK (INVITE)`; cut where it is long.
  public var text: String
  /// Which of the ladder's paths it took.
  public var path: UInt8
  /// Of its CSeq, which tells a request from one that was sent again with a password.
  public var number: UInt32
  /// How often the same came or went again after that.
  public var repeats: UInt16 = 0

  static let longestText = 120
}

/// Between which addresses messages went.
public struct LadderPath: Equatable, Sendable {
  public var transport: String
  public var local: SocketAddress
  public var remote: SocketAddress

  public init(_ transport: String, local: SocketAddress, remote: SocketAddress) {
    self.transport = transport
    self.local = local
    self.remote = remote
  }
}

/// A message as it is to stand in a ladder.
public struct LadderMessage: Equatable, Sendable {
  public var text: String
  public var number: UInt32
  public var isIncoming: Bool
  public var path: LadderPath

  public init(_ text: String, number: UInt32, isIncoming: Bool, path: LadderPath) {
    self.text = text
    self.number = number
    self.isIncoming = isIncoming
    self.path = path
  }
}

/// What was said in a call: its beginning and its end, where it was long.
public struct Ladder: Equatable, Sendable {
  public private(set) var steps: [LadderStep] = []
  public private(set) var paths: [LadderPath] = []
  /// Steps left out of the middle.
  public private(set) var omitted: UInt32 = 0

  /// So many steps of the beginning stay, and so many of the end.
  static let beginning = 32
  static let ending = 24
  static let mostPaths = 16

  public init() {}

  public func path(of step: LadderStep) -> LadderPath? {
    Int(step.path) < paths.count ? paths[Int(step.path)] : nil
  }

  /// Adds a message; one that repeats a recent one is counted there.
  public mutating func add(_ message: LadderMessage, at: Instant) {
    let text = cut(message.text, LadderStep.longestText)
    let path = number(of: message.path)
    for i in steps.indices.suffix(8) {
      let step = steps[i]
      if step.number == message.number && step.isIncoming == message.isIncoming && step.path == path
        && step.text == text
      {
        steps[i].repeats = step.repeats == .max ? .max : step.repeats + 1
        return
      }
    }
    if steps.count >= Ladder.beginning + Ladder.ending {
      steps.remove(at: Ladder.beginning)
      omitted &+= 1
    }
    steps.append(
      LadderStep(at: at, isIncoming: message.isIncoming, text: text, path: path, number: message.number))
  }

  private mutating func number(of path: LadderPath) -> UInt8 {
    if let known = paths.firstIndex(of: path) { return UInt8(known) }
    guard paths.count < Ladder.mostPaths else { return UInt8(Ladder.mostPaths) }
    paths.append(path)
    return UInt8(paths.count - 1)
  }

  /// About what it takes in memory.
  var octets: Int { steps.reduce(paths.count * 96) { $0 + 64 + $1.text.utf8.count } }
}

/// At most so many bytes of a text, whole characters, without what a terminal would obey.
func cut(_ text: String, _ most: Int) -> String {
  let isPlain = text.utf8.allSatisfy { (32..<127).contains($0) }
  guard text.utf8.count > most || !isPlain else { return text }
  var made = String.UnicodeScalarView()
  var count = 0
  for scalar in text.unicodeScalars {
    count += scalar.utf8.count
    guard count <= most else { break }
    let isControl = scalar.value < 32 || (127..<160).contains(scalar.value)
    made.append(isControl ? "?" : scalar)
  }
  return String(made)
}

extension Ladder: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    steps = try reader.value()
    paths = try reader.value()
    omitted = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(steps)
    writer.put(paths)
    writer.put(omitted)
  }
}
