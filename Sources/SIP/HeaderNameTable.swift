import Wire

extension HeaderName {
  /// The known header of that name, in any case or compact form; `other` where there is none.
  public init(matching spelling: String) {
    var spelling = spelling
    self = spelling.withUTF8 { HeaderName(matching: $0) }
  }

  init(matching name: UnsafeBufferPointer<UInt8>) {
    self = table.find(name)
  }
}

private let table = HeaderNameTable()

/// An open-addressed hash table from lower-case names to headers; about a third of its places are taken.
private struct HeaderNameTable {
  private var headers = [HeaderName](repeating: .other, count: 256)
  /// Where a place's name stands in `text`.
  private var names = [Range<Int>](repeating: 0..<0, count: 256)
  private var text: [UInt8] = []

  init() {
    for header in HeaderName.allCases where header != .other {
      insert(Array(header.text.utf8), header)
      if let letter = header.compactForm { insert([letter], header) }
    }
  }

  private mutating func insert(_ name: [UInt8], _ header: HeaderName) {
    var place = name.withUnsafeBufferPointer { HeaderNameTable.hash($0) }
    while !names[place].isEmpty { place = (place + 1) & 255 }
    headers[place] = header
    names[place] = text.count..<text.count + name.count
    for byte in name { text.append(lowercasedASCII(byte)) }
  }

  /// Mixes the length and three letters, which tell nearly all known names apart.
  private static func hash(_ name: UnsafeBufferPointer<UInt8>) -> Int {
    let count = name.count
    let letters = Int(name[0] | 32) &* 31 ^ Int(name[count / 2] | 32) &* 7 ^ Int(name[count - 1] | 32) &* 57
    return (letters ^ count &* 11) & 255
  }

  func find(_ name: UnsafeBufferPointer<UInt8>) -> HeaderName {
    guard !name.isEmpty else { return .other }
    var place = HeaderNameTable.hash(name)
    while true {
      let candidate = names[place]
      if candidate.isEmpty { return .other }
      if candidate.count == name.count && matches(candidate, name) { return headers[place] }
      place = (place + 1) & 255
    }
  }

  private func matches(_ candidate: Range<Int>, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
    for i in 0..<name.count where text[candidate.lowerBound + i] != lowercasedASCII(name[i]) { return false }
    return true
  }
}
