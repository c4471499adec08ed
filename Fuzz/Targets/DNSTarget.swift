import DNS

/// A response of a name server: no more records than are looked at, and names that a host can have.
func dnsFault(_ bytes: [UInt8]) -> String? {
  for kind in [NameQuestion.Kind.service, .pointer] {
    switch ResponseReader.read(bytes, kind) {
    case .found(.services(let records), let seconds):
      guard kind == .service, (1...ResponseReader.mostRecords).contains(records.count) else { return "wrong records" }
      guard seconds >> 31 == 0 else { return "a time to live that counts as zero" }
      for record in records where !isName(record.target) { return "a target that is no name" }
    case .found(.pointers(let records), _):
      guard kind == .pointer, (1...ResponseReader.mostRecords).contains(records.count) else { return "wrong records" }
      for record in records where !isName(record.replacement) { return "a replacement that is no name" }
    case .found(.addresses, _): return "addresses that nobody asked for"
    case .absent(let seconds): guard seconds <= 900 else { return "an absence of more than a quarter of an hour" }
    case .failed: break
    }
  }
  return nil
}

private func isName(_ text: String) -> Bool {
  text.utf8.count <= 254
    && text.utf8.allSatisfy { $0 == 45 || $0 == 46 || $0 == 95 || (48..<58).contains($0) || (97..<123).contains($0) }
}
