import Wire

/// The candidate that needs the fewest edits to become `word`, if that is near enough to have been meant: at most a third
/// of the word's letters (at least one) wrong, missing, too many or swapped with a neighbour. Case does not count.
@export(interface)
public func nearest(to word: String, among candidates: [String]) -> String? {
  let letters = Array(lowercasedASCII(word).utf8)
  guard (1...64).contains(letters.count) else { return nil }
  var best: (word: String, edits: Int)?
  for candidate in candidates {
    let edits = editDistance(letters, Array(lowercasedASCII(candidate).utf8))
    if edits <= max(1, max(letters.count, candidate.utf8.count) / 3), edits < best?.edits ?? Int.max {
      best = (candidate, edits)
    }
  }
  return best?.word
}

/// Optimal string alignment distance: insertions, deletions, substitutions, swaps of neighbours.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    row.reserveCapacity(b.count + 1)
    for j in b.indices {
      var edits = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { edits = min(edits, beforeLast[j - 1] + 1) }
      row.append(edits)
    }
    beforeLast = last
    last = row
  }
  return last[b.count]
}
