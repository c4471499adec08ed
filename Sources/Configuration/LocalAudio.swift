import Wire

/// A sound card of the box itself that is an extension: a door station, an intercom, a paging horn.
public struct LocalAudio: Equatable, Sendable {
  public enum Answer: String, CaseIterable, Hashable, Sendable {
    /// At once.
    case auto
    /// Not at all: the card rings, for someone to take the call at another phone of the house.
    case ring
  }

  /// Of an extension.
  public var number: String
  /// As alsa-lib names it: `hw:0`, `hw:Device,0`.
  public var card: String
  public var answer = Answer.auto
  /// Whether what the card plays is taken out of what it hears, and noise is quietened.
  public var cancelsEcho = true
  public var reducesNoise = true

  public init(number: String, card: String) {
    self.number = number
    self.card = card
  }
}

extension Configuration {
  /// Where the box's own phones register: SIP that is not encrypted, for it does not leave the box. nil where
  /// `sip.listen` has no such address.
  public var ownListener: Listener? { ownListener([.udp, .tcp]) }

  /// Where a phone on the box itself reaches the exchange by one of these transports, by UDP and IPv4 if it may.
  public func ownListener(_ transports: [Listener.Transport]) -> Listener? {
    let fitting = listeners.filter { transports.contains($0.transport) }
    var found =
      fitting.first { $0.transport == .udp && $0.address.ip.isIPv4 } ?? fitting.first { $0.transport == .udp }
      ?? fitting.first
    if let ip = found?.address.ip, ip.isUnspecified { found?.address.ip = .loopback(isIPv4: ip.isIPv4) }
    return found
  }
}

extension YAMLReader {
  /// `local_audio`: a mapping of extensions to the sound cards that they are. `configuration` has all that stands before it.
  mutating func localAudio(_ node: YAMLNode, _ configuration: Configuration) -> [LocalAudio] {
    var phones: [LocalAudio] = []
    var first: [String: YAMLPosition] = [:]
    for pair in entries(node, expected: "a mapping of extensions to sound cards, such as \"1009\": {card: hw:0}") {
      checkNumber(pair, configuration.extensions)
      let section = section(
        pair.value, of: pair.key, keys: ["card", "answer", "echo_cancel", "noise_reduce"])
      var phone = LocalAudio(number: pair.key, card: "")
      if let node = section["card"] {
        if let card = card(node) { phone.card = card }
        if let earlier = first[phone.card] {
          note(.duplicate("the card \(quoted(phone.card))", first: earlier), at: node.position)
        } else if !phone.card.isEmpty {
          first[phone.card] = node.position
        }
      } else if pair.value.pairs != nil {
        note(.missingKey("card", of: "local_audio \(quoted(pair.key))"), at: pair.keyPosition)
      }
      if let node = section["answer"] { phone.answer = choice(node) ?? phone.answer }
      if let node = section["echo_cancel"] { phone.cancelsEcho = boolean(node) ?? true }
      if let node = section["noise_reduce"] { phone.reducesNoise = boolean(node) ?? true }
      phones.append(phone)
    }
    if !phones.isEmpty, configuration.ownListener == nil {
      refuse(
        node, found: "only encrypted addresses in sip.listen",
        expected: "one that the box's own phones can reach, such as udp://127.0.0.1:5060")
    }
    return phones
  }

  private mutating func card(_ node: YAMLNode) -> String? {
    let expected = "a sound card such as hw:0 or hw:Device,0; 'sotto phone --audio alsa:' lists them"
    guard let card = text(node, expected: expected, most: 64) else { return nil }
    if card.isEmpty { refuse(node, expected: expected) }
    return card
  }

  /// An extension that there is, and whose voice need not be encrypted where it does not leave the box.
  private mutating func checkNumber(_ pair: YAMLPair, _ extensions: [String: Extension]) {
    guard let known = extensions[pair.key] else {
      let near = nearest(to: pair.key, among: Array(extensions.keys))
      return note(
        .value(found: quoted(pair.key), expected: "the number of an extension of this file", nearest: near),
        at: pair.keyPosition)
    }
    guard known.encryption == .required else { return }
    note(
      .value(
        found: "extension \(quoted(pair.key)) with 'encryption: required'",
        expected: "preferred or off: its voice does not leave the box, and is not encrypted", nearest: nil),
      at: pair.keyPosition)
  }
}
