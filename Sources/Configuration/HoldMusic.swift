/// What a phone hears that is kept waiting.
public enum HoldMusic: Hashable, Sendable {
  /// A few quiet notes.
  case pattern
  /// A WAV file, by absolute path.
  case file(String)
  /// What the other phone sends, if anything.
  case none
}

extension YAMLReader {
  /// `media.hold_music`.
  mutating func holdMusic(_ node: YAMLNode) -> HoldMusic? {
    if node.text == "none" { return HoldMusic.none }
    let expected = "'none', or the absolute path of a WAV file, such as /data/music/quiet.wav"
    return path(node, expected: expected).map { .file($0) }
  }
}
