import SIP

/// One URI a line: each survives being written, and equivalence is reflexive and symmetric.
func uriFault(_ bytes: [UInt8]) -> String? {
  var uris: [URI] = []
  for line in bytes.split(separator: 10, maxSplits: 2) {
    let text = String(decoding: line, as: UTF8.self)
    guard let uri = try? URI(text) else { continue }
    guard (try? URI(uri.description)) == uri else { return "changes when written: " + text }
    guard uri.isEquivalent(to: uri) else { return "is not equivalent to itself: " + text }
    if let user = uri.unescapedUser, user.isEmpty { return "has an empty user: " + text }
    uris.append(uri)
  }
  for a in uris {
    for b in uris where a.isEquivalent(to: b) != b.isEquivalent(to: a) {
      return "equivalent one way only: " + a.description + " and " + b.description
    }
  }
  return nil
}
