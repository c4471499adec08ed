import Slots
import Wire

/// What a bundle says of itself, in lines of text, and what its signature covers:
///
///     sotto-bundle 1
///     board cubieboard
///     version 0.1.0
///     commit 3bdb1798e4ab
///     root 6221824 SHA-256 in hexadecimal
///     start 7602176 SHA-256 in hexadecimal
///
/// An empty line ends it. The signature's 64 octets follow, then the parts. Each line has one form alone, so nothing but
/// these octets means the same.
public struct Manifest: Equatable, Sendable {
  /// A part of a slot, in the bundle's order.
  public enum Part: Equatable, Sendable {
    case root, start

    public var name: String { self == .root ? "root file system" : "start area" }
  }

  /// Octets and hash of a part.
  public struct Content: Equatable, Sendable {
    public let size: Int
    public let hash: [UInt8]

    public init(size: Int, hash: [UInt8]) {
      self.size = size
      self.hash = hash
    }
  }

  static let firstWord = "sotto-bundle"
  static let format = "1"
  /// Octets of a manifest.
  static let most = 1024

  /// As boards/ calls it.
  public let board: String
  public let version: Release
  /// What it was built from, for people.
  public let commit: String
  public let root: Content
  public let start: Content

  /// Nil where a value has no form that can be read again.
  public init?(board: String, version: Release, commit: String, root: Content, start: Content) {
    guard Self.isWord(board), Self.isWord(commit), Self.fits(root, .root), Self.fits(start, .start) else { return nil }
    self.board = board
    self.version = version
    self.commit = commit
    self.root = root
    self.start = start
  }

  /// Reads the lines, the empty one included; who signed them is looked at before.
  public init(_ bytes: ArraySlice<UInt8>) throws(UpdateFault) {
    var lines = LineReader(bytes)
    try Self.checkFirst(lines.next()[...])
    board = try lines.word("board")
    guard let version = Release(try lines.word("version")) else {
      throw .line(3, expected: "version MAJOR.MINOR.PATCH")
    }
    self.version = version
    commit = try lines.word("commit")
    root = try lines.content("root", .root)
    start = try lines.content("start", .start)
    guard bytes.elementsEqual(self.bytes) else {
      throw .line(7, expected: "an empty line, and numbers without zeros before")
    }
  }

  public func content(_ part: Part) -> Content { part == .root ? root : start }

  /// Octets of the whole bundle.
  public var bundleSize: Int { bytes.count + BundleReader.signatureSize + root.size + start.size }

  public var bytes: [UInt8] {
    func line(_ name: String, _ content: Content) -> String { "\(name) \(content.size) \(hex(content.hash))\n" }
    let text =
      "\(Self.firstWord) \(Self.format)\nboard \(board)\nversion \(version.text)\ncommit \(commit)\n"
      + line("root", root) + line("start", start) + "\n"
    return Array(text.utf8)
  }

  /// The first line alone, or as much of it as came: what is no bundle is known soon.
  static func checkFirst(_ line: ArraySlice<UInt8>) throws(UpdateFault) {
    let first = Array((firstWord + " ").utf8)
    guard line.starts(with: first) else { throw .notABundle }
    let number = line.dropFirst(first.count)
    guard number.elementsEqual(format.utf8) else {
      let isNumber = !number.isEmpty && number.count < 6 && number.allSatisfy { isDigit($0) }
      throw isNumber ? .format(String(decoding: number, as: UTF8.self)) : .notABundle
    }
  }

  /// Letters, digits, dots and dashes, 40 at most.
  static func isWord(_ text: String) -> Bool {
    (1...40).contains(text.utf8.count)
      && text.utf8.allSatisfy { isDigit($0) || lowercasedASCII($0) &- 97 < 26 || $0 == 45 || $0 == 46 }
  }

  static func fits(_ content: Content, _ part: Part) -> Bool {
    guard content.hash.count == 32 else { return false }
    switch part {
    case .root: return (1...SlotLayout.start - SlotLayout.root).contains(content.size)
    case .start: return (SlotLayout.sector...SlotLayout.size - SlotLayout.start).contains(content.size)
    }
  }
}

/// The manifest's lines, one after another.
private struct LineReader {
  private var rest: ArraySlice<UInt8>
  private var number = 0

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func next() -> [UInt8] {
    number += 1
    let line = Array(rest.prefix { $0 != 10 })
    rest = rest.dropFirst(line.count + 1)
    return line
  }

  /// What stands after the name.
  private mutating func values(_ name: String, _ count: Int, _ expected: String) throws(UpdateFault) -> [String] {
    let words = next().split(separator: 32, omittingEmptySubsequences: false)
    guard words.count == count + 1, words[0].elementsEqual(name.utf8) else { throw .line(number, expected: expected) }
    return words.dropFirst().map { String(decoding: $0, as: UTF8.self) }
  }

  mutating func word(_ name: String) throws(UpdateFault) -> String {
    let expected = "\(name), and a word of letters, digits, dots and dashes"
    let word = try values(name, 1, expected)[0]
    guard Manifest.isWord(word) else { throw .line(number, expected: expected) }
    return word
  }

  mutating func content(_ name: String, _ part: Manifest.Part) throws(UpdateFault) -> Manifest.Content {
    let expected = "\(name), its octets as a slot has room for, and their SHA-256"
    let words = try values(name, 2, expected)
    guard let size = decimal(words[0].utf8, limit: UInt32(SlotLayout.size)), let hash = bytes(hex: words[1]) else {
      throw .line(number, expected: expected)
    }
    let content = Manifest.Content(size: Int(size), hash: hash)
    guard Manifest.fits(content, part) else { throw .line(number, expected: expected) }
    return content
  }
}
