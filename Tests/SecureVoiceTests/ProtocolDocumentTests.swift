import Crypto
import Foundation
import Testing
import Wire

@testable import SecureVoice

/// The vectors of the protocol's document, which another implementation is written by.
@Suite struct ProtocolDocumentTests {
  private static let document = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("docs/secure-voice-protocol.md")

  /// The lines `name = hexadecimal digits` below a heading.
  private func printed(under heading: String) throws -> [String: String] {
    let text = String(decoding: try Data(contentsOf: Self.document), as: UTF8.self)
    let section = try #require(text.range(of: heading)).upperBound
    var values: [String: String] = [:]
    for line in text[section...].split(separator: "\n") {
      if line.hasPrefix("#") { break }
      let words = line.split(separator: " ")
      if words.count == 3, words[1] == "=" { values[String(words[0])] = String(words[2]) }
    }
    return values
  }

  private func check(_ heading: String, postQuantum: Bool) throws {
    let parts = try #require(ProtocolExample.run(postQuantum: postQuantum))
    let values = try printed(under: heading)
    #expect(values.count == parts.count)
    for part in parts {
      if part.bytes.count > 160 {
        #expect(values["sha256(\(part.name))"] == hex(Hash.sha256(part.bytes)), "\(part.name)")
      } else {
        #expect(values[part.name] == hex(part.bytes), "\(part.name)")
      }
    }
  }

  @Test func theClassicalVectorsHold() throws { try check("### Vectors without ML-KEM", postQuantum: false) }

  @Test(.enabled(if: MLKEM768.isAvailable, "OpenSSL is older than 3.5: `sotto selftest` checks these in what ships"))
  func thePostQuantumVectorsHold() throws { try check("### Vectors with ML-KEM", postQuantum: true) }

  @Test func theWordsAreThoseOfTheList() throws {
    let text = String(decoding: try Data(contentsOf: Self.document), as: UTF8.self)
    for word in AuthenticationWords.list { #expect(text.contains(" \(word)") || text.contains("\n\(word)")) }
  }
}
