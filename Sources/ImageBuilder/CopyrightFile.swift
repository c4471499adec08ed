import Foundation

/// What a Debian package's `copyright` says of licences, where it is machine-readable (DEP-5, "Machine-readable
/// debian/copyright file" 1.0).
enum CopyrightFile {
  /// The short names of the licences of upstream's files, each once, in order of name; none where it isn't in that form.
  static func licences(in text: String) -> [String] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.first?.contains("copyright-format/1.0") == true else { return [] }
    var found: Set<String> = []
    for paragraph in lines.split(whereSeparator: { $0.allSatisfy(\.isWhitespace) }) {
      let fields = fields(of: paragraph)
      // What only the packaging is under is not in what was packaged.
      guard let files = fields["files"], let licence = fields["license"]?.split(separator: "\n").first,
        !files.split(whereSeparator: \.isWhitespace).allSatisfy({ $0.hasPrefix("debian/") })
      else { continue }
      found.insert(licence.split(whereSeparator: \.isWhitespace).joined(separator: " "))
    }
    return found.sorted()
  }

  /// Fields by their names in lower case; a value goes on in lines that begin with a blank.
  private static func fields(of paragraph: ArraySlice<Substring>) -> [String: String] {
    var fields: [String: String] = [:]
    var name = ""
    for line in paragraph {
      if line.first?.isWhitespace == true {
        fields[name]?.append("\n" + line)
      } else if let colon = line.firstIndex(of: ":") {
        name = line[..<colon].lowercased()
        fields[name] = String(line[line.index(after: colon)...])
      }
    }
    return fields
  }

  /// The identifier of the SPDX licence list that Debian's short name stands for; nil where the name is Debian's alone
  /// or there is more than one licence in it.
  static func spdxIdentifier(_ name: String) -> String? {
    if let gnu = try? #/(A?L?GPL)-(\d)(?:\.(\d))?(?:\.0)?(\+?)/#.wholeMatch(in: name) {
      return "\(gnu.1)-\(gnu.2).\(gnu.3 ?? "0")-\(gnu.4.isEmpty ? "only" : "or-later")"
    }
    let same = [
      "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD-4-Clause", "BSL-1.0", "CC0-1.0", "CC-BY-SA-4.0",
      "FSFAP", "FSFUL", "FSFULLR", "ISC", "MIT", "MPL-2.0", "X11", "Zlib",
    ]
    let others = ["expat": "MIT", "apache-2": "Apache-2.0"]
    return others[name.lowercased()] ?? same.first { $0.lowercased() == name.lowercased() }
  }
}
