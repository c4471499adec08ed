import Crypto
import Foundation
import Updates
import Wire

/// A signed bundle of what a card's slot holds, for boards that run already: `sotto-BOARD.bundle`.
public struct UpdateBundle: Sendable {
  public let card: CardImage
  /// The signer's secret key of Ed25519; the parts carry its public one.
  private let key: Ed25519

  /// `card`'s update key is to be the signer's.
  public init(card: CardImage, key: Ed25519) {
    self.card = card
    self.key = key
  }

  /// Makes the bundle of this version; `commit` says to people what it was built from.
  public func make(version: Release, commit: String, say: (String) -> Void) async throws(ImageError) -> URL {
    let workshop = try Workshop(folder: card.output.appendingPathComponent("work"))
    let parts = try await card.slotParts(in: workshop, say: say)
    let (root, start) = (try Files.read(parts.root), try Files.read(parts.start))
    guard
      let manifest = Manifest(
        board: card.board.id, version: version, commit: commit,
        root: .init(size: root.count, hash: Hash.sha256(root)),
        start: .init(size: start.count, hash: Hash.sha256(start)))
    else {
      throw .damaged(
        "the bundle for \(card.board.name)", problem: "a part is larger than its place, or \(commit) no word")
    }
    say("bundle")
    let file = card.output.appendingPathComponent("images/sotto-\(card.board.id).bundle")
    try Files.write(manifest.bytes + key.sign(manifest.bytes) + root + start, to: file)
    return file
  }
}
