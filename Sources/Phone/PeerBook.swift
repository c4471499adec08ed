import SecureVoice
import Wire

/// The phones that this one has agreed on keys with, by number: trust on first use.
public struct PeerBook: Hashable, Sendable {
  /// As many as are kept; the file is read whole.
  static let most = 10000

  private var records: [String: PeerRecord] = [:]

  public init() {}

  /// Reads a file: a line for each number, `1002 64-HEX-DIGITS verified|seen post-quantum|classical`. Nil where a line is
  /// none, for whoever loses what was remembered would trust anyone again.
  @export(interface)
  public init?(_ text: [UInt8]) {
    for line in text.split(separator: UInt8(ascii: "\n")) where line.first != UInt8(ascii: "#") {
      let words = line.split(separator: 32).map { String(decoding: $0, as: UTF8.self) }
      guard words.count == 4, let identity = bytes(hex: words[1]), identity.count == 32, records.count < Self.most,
        ["verified", "seen"].contains(words[2]), ["post-quantum", "classical"].contains(words[3])
      else { return nil }
      records[words[0]] = PeerRecord(
        identity: identity, isVerified: words[2] == "verified", hadPostQuantum: words[3] == "post-quantum")
    }
  }

  /// The file's text, in the order of the numbers.
  @export(interface)
  public var text: String {
    var text = "# number, identity (Ed25519), whether the words were compared, how keys were agreed on\n"
    for number in records.keys.sorted() {
      guard let record = records[number] else { continue }
      text += number + " " + hex(record.identity) + (record.isVerified ? " verified" : " seen")
      text += record.hadPostQuantum ? " post-quantum\n" : " classical\n"
    }
    return text
  }

  /// What is remembered of a number.
  public subscript(_ number: String) -> PeerRecord? {
    get { records[key(number)] }
    set { records[key(number)] = newValue }
  }

  /// A number as the file can hold it: without blanks and ends of lines.
  private func key(_ number: String) -> String {
    let isPlain = number.utf8.allSatisfy { $0 > 32 && $0 < 127 } && !number.isEmpty && !number.hasPrefix("#")
    return isPlain ? number : "%" + hex(Array(number.utf8))
  }
}
