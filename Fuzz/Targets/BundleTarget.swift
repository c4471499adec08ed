import Crypto
import Updates

/// An update: what is not signed tells nothing, what is read is the manifest that was signed, and no part grows beyond what it
/// says. The bytes are read once as they are, and once behind a signature over all up to the first empty line.
func bundleFault(_ bytes: [UInt8]) -> String? {
  let signer = Ed25519(secret: [UInt8](repeating: 7, count: 32))
  let stranger = Ed25519(secret: [UInt8](repeating: 8, count: 32))
  if let fault = fault(bytes, by: signer.publicKey) { return fault }
  guard let end = bytes.indices.dropFirst().first(where: { bytes[$0] == 10 && bytes[$0 - 1] == 10 }) else { return nil }
  let head = Array(bytes[...end])
  let signed = head + signer.sign(head) + bytes[(end + 1)...]
  if read(signed, by: stranger.publicKey, piece: 512).manifest != nil { return "a stranger's bundle is taken" }
  return fault(signed, by: signer.publicKey)
}

private func fault(_ bytes: [UInt8], by key: [UInt8]) -> String? {
  let whole = read(bytes, by: key, piece: bytes.count + 1)
  guard let manifest = whole.manifest else { return whole.octets == 0 ? nil : "a part without a manifest" }
  guard bytes.starts(with: manifest.bytes) else { return "the manifest is not what was signed" }
  guard whole.octets <= manifest.root.size + manifest.start.size else {
    return "a part is larger than its manifest says"
  }
  let pieces = read(bytes, by: key, piece: 7)
  guard pieces.manifest == manifest, pieces.fault == whole.fault else { return "pieces of another size read otherwise" }
  return nil
}

private func read(_ bytes: [UInt8], by key: [UInt8], piece: Int) -> (
  manifest: Manifest?, octets: Int, fault: UpdateFault?
) {
  var reader = BundleReader(publicKey: key)
  var found: Manifest?
  var octets = 0
  do throws(UpdateFault) {
    for start in stride(from: 0, to: bytes.count, by: piece) {
      reader.receive(bytes[start..<min(start + piece, bytes.count)])
      while let output = try reader.next() {
        switch output {
        case .manifest(let manifest): found = manifest
        case .content(_, at: _, let bytes): octets += bytes.count
        }
      }
    }
    try reader.finish()
    return (found, octets, nil)
  } catch {
    return (found, octets, error)
  }
}
