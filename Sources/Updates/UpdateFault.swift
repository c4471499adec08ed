import Slots

/// Why a bundle isn't taken, or a slot can't be changed.
public enum UpdateFault: Error, Equatable, Sendable {
  /// The first line is another.
  case notABundle
  /// A bundle of another format, by its first line's number.
  case format(String)
  case endlessManifest
  case signature
  /// The manifest's line, from 1.
  case line(Int, expected: String)
  /// It ends after so many octets, of how many where that is known.
  case truncated(at: Int, of: Int?)
  /// A part has another hash than the manifest says.
  case damaged(Manifest.Part)
  case surplus(after: Int)
  case otherBoard(found: String, own: String)
  case older(found: Release, own: Release)
  /// A part that was written is read otherwise.
  case notKept(Manifest.Part)
  /// The system that runs is on trial: the other slot is what it would go back to.
  case onTrial
  /// The slot holds nothing that starts.
  case notStartable(Slot)
  /// A file that is no key for updates.
  case noKey(expected: String)
  /// What the system said of the card.
  case card(String)

  public var description: String {
    switch self {
    case .notABundle: "octet 0: this is no bundle, expected \(Manifest.firstWord) \(Manifest.format)"
    case .format(let found):
      "line 1: found a bundle of format \(found), expected \(Manifest.format): an older update may have to come first"
    case .endlessManifest: "the manifest has no empty line within \(Manifest.most) octets"
    case .signature: "the signature is not that of this box's key: the bundle was made for others, or changed"
    case .line(let number, let expected): "line \(number): expected \(expected)"
    case .truncated(let place, let whole):
      "it ends at octet \(place)" + (whole.map { " of \($0)" } ?? "") + ": was it loaded to its end?"
    case .damaged(let part): "the \(part.name) is damaged: its hash is not the manifest's"
    case .surplus(let place): "octet \(place): expected the end"
    case .otherBoard(let found, let own): "it is for the board \(found), and this is \(own)"
    case .older(let found, let own):
      "its version \(found.text) is older than \(own.text), which runs; --allow-older takes it all the same"
    case .notKept(let part): "the card did not keep the \(part.name): what was written is read otherwise"
    case .onTrial:
      "the system that runs is on trial itself, and the other slot holds what it would go back to: wait, or "
        + "'sotto slot confirm'"
    case .notStartable(let slot): "slot \(slot.rawValue) holds nothing that starts"
    case .noKey(let expected): "this is no key for updates: expected \(expected)"
    case .card(let said): said
    }
  }
}
