import Crypto

/// Reads a bundle as it comes, in pieces of any size. Nothing of a manifest is believed before its signature was found right,
/// and no more is held than manifest and signature.
public struct BundleReader {
  public enum Output {
    case manifest(Manifest)
    /// A piece of a part, and its place in it. The last piece comes only when the part's hash is right.
    case content(Manifest.Part, at: Int, ArraySlice<UInt8>)
  }

  static let signatureSize = Ed25519.signatureCount

  private enum State {
    case head([UInt8])
    case part(Manifest.Part, at: Int, HashStream)
    case over
  }

  private let publicKey: [UInt8]
  private var state = State.head([])
  private var manifest: Manifest?
  private var pending: ArraySlice<UInt8> = []
  /// Octets of the bundle that were read so far.
  private var position = 0

  /// `publicKey` is the one of Ed25519 whose bundles are taken, 32 octets.
  public init(publicKey: [UInt8]) { self.publicKey = publicKey }

  /// Takes the next octets, once `next` has nothing more to tell of those before.
  public mutating func receive(_ bytes: ArraySlice<UInt8>) { pending = bytes }

  /// How much of it came.
  public var percent: Int { manifest.map { Int(Int64(position) * 100 / Int64($0.bundleSize)) } ?? 0 }

  /// What came, until nil.
  @export(interface)
  public mutating func next() throws(UpdateFault) -> Output? {
    switch state {
    case .head(let head): return try readHead(head)
    case .part(let part, let place, let hash): return try readPart(part, place, hash)
    case .over:
      guard pending.isEmpty else { throw .surplus(after: position) }
      return nil
    }
  }

  /// No more comes.
  @export(interface)
  public func finish() throws(UpdateFault) {
    guard case .over = state else { throw .truncated(at: position, of: manifest?.bundleSize) }
  }

  private mutating func readHead(_ held: [UInt8]) throws(UpdateFault) -> Output? {
    var head = held
    while let octet = pending.popFirst() {
      head.append(octet)
      position += 1
      if octet == 10, !head.dropLast().contains(10) { try Manifest.checkFirst(head.dropLast()) }
      guard let end = Self.end(of: head) else {
        guard head.count < Manifest.most else { throw head.contains(10) ? .endlessManifest : .notABundle }
        continue
      }
      guard head.count == end + Self.signatureSize else { continue }
      let signed = Array(head[..<end])
      guard Ed25519.verify(Array(head[end...]), of: signed, by: publicKey) else { throw .signature }
      let manifest = try Manifest(signed[...])
      self.manifest = manifest
      state = .part(.root, at: 0, HashStream())
      return .manifest(manifest)
    }
    state = .head(head)
    return nil
  }

  /// Where the empty line ends.
  private static func end(of head: [UInt8]) -> Int? {
    for i in head.indices.dropFirst() where head[i] == 10 && head[i - 1] == 10 { return i + 1 }
    return nil
  }

  private mutating func readPart(
    _ part: Manifest.Part, _ place: Int, _ hash: HashStream
  ) throws(UpdateFault) -> Output? {
    guard let content = manifest?.content(part), !pending.isEmpty else { return nil }
    let piece = pending.prefix(content.size - place)
    pending = pending.dropFirst(piece.count)
    position += piece.count
    hash.add(piece)
    if place + piece.count < content.size {
      state = .part(part, at: place + piece.count, hash)
    } else {
      guard hash.finish() == content.hash else { throw .damaged(part) }
      state = part == .root ? .part(.start, at: 0, HashStream()) : .over
    }
    return .content(part, at: place, piece)
  }
}
