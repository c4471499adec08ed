import Crypto
import Slots
import Updates

/// A system's parts, small ones, and bundles of them.
struct TestBundle {
  static let signer = Ed25519(secret: [UInt8](repeating: 1, count: 32))

  var board = "cubieboard"
  var version = "0.1.0"
  var root = [UInt8](repeating: 0x11, count: 70_001)
  var start = StartArea.bytes(
    [(.kernel, [UInt8](repeating: 2, count: 3000)), (.tree, [3]), (.initrd, [UInt8](repeating: 4, count: 1025))],
    arguments: "quiet")!

  var manifest: Manifest {
    Manifest(
      board: board, version: Release(version)!, commit: "unknown",
      root: .init(size: root.count, hash: Hash.sha256(root)), start: .init(size: start.count, hash: Hash.sha256(start)))!
  }

  /// With its signature.
  var head: [UInt8] { manifest.bytes + Self.signer.sign(manifest.bytes) }

  var bytes: [UInt8] { head + root + start }
}

/// Reads a bundle in pieces; what came before a fault is in the closure's hands.
func read(
  _ bytes: [UInt8], piece: Int = 4096, by key: [UInt8] = TestBundle.signer.publicKey,
  _ take: (BundleReader.Output) throws(UpdateFault) -> Void = { _ throws(UpdateFault) in }
) throws(UpdateFault) {
  var reader = BundleReader(publicKey: key)
  for start in stride(from: 0, to: bytes.count, by: piece) {
    reader.receive(bytes[start..<min(start + piece, bytes.count)])
    while let output = try reader.next() { try take(output) }
  }
  try reader.finish()
}
