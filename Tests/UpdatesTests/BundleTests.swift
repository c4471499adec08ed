import Crypto
import Testing
import Updates
import Wire

@Suite struct BundleTests {
  @Test(arguments: [1, 7, 300, 4096, 1 << 20])
  func itIsReadInPiecesOfAnySize(piece: Int) throws {
    let bundle = TestBundle()
    var found: Manifest?
    var parts: [UInt8] = []
    try read(bundle.bytes, piece: piece) { output throws(UpdateFault) in
      switch output {
      case .manifest(let manifest): found = manifest
      case .content(let part, let place, let bytes):
        #expect(place == parts.count - (part == .root ? 0 : bundle.root.count))
        parts += bytes
      }
    }
    #expect(found == bundle.manifest && parts == bundle.root + bundle.start)
  }

  @Test func itEndsWhereItIsCutOff() {
    let bundle = TestBundle()
    let whole = bundle.bytes
    for cut in [0, 5, 14, 100, bundle.head.count - 1] {
      #expect(throws: UpdateFault.truncated(at: cut, of: nil)) { try read(Array(whole[..<cut])) }
    }
    for cut in [bundle.head.count, bundle.head.count + 10, whole.count - 1] {
      #expect(throws: UpdateFault.truncated(at: cut, of: whole.count)) { try read(Array(whole[..<cut])) }
    }
    #expect(throws: UpdateFault.surplus(after: whole.count)) { try read(whole + [0]) }
  }

  @Test func aChangedOctetIsFound() {
    let bundle = TestBundle()
    for place in 0..<bundle.head.count {
      var changed = bundle.bytes
      changed[place] ^= 4
      #expect(throws: UpdateFault.self) {
        try read(changed) { _ throws(UpdateFault) in Issue.record("it was believed") }
      }
    }
    for (place, part) in [(bundle.head.count, Manifest.Part.root), (bundle.bytes.count - 1, .start)] {
      var changed = bundle.bytes
      changed[place] ^= 1
      #expect(throws: UpdateFault.damaged(part)) { try read(changed) }
    }
  }

  @Test func anothersSignatureIsRefused() {
    let other = Ed25519(secret: [UInt8](repeating: 2, count: 32))
    #expect(throws: UpdateFault.signature) { try read(TestBundle().bytes, by: other.publicKey) }
  }

  /// Signed, and yet no manifest: nothing but the one form of each line is taken.
  @Test(arguments: [
    ("board cubieboard", "bord cubieboard", 2), ("board cubieboard", "board a b", 2), ("0.1.0", "0.01.0", 3),
    ("0.1.0", "0.1", 3), ("commit unknown", "commit ", 4), ("root 70001", "root 070001", 7),
    ("root 70001", "root 50331649", 5), ("root 70001", "root -1", 5), ("start 5632", "start 511", 6),
    ("\n\n", "\nmore\n\n", 7),
  ])
  func aManifestHasOneForm(part: String, instead: String, line: Int) throws {
    let text = String(decoding: TestBundle().manifest.bytes, as: UTF8.self).replacing(part, with: instead)
    let lines = Array(text.utf8)
    #expect {
      try read(lines + TestBundle.signer.sign(lines))
    } throws: { error in
      guard case UpdateFault.line(line, expected: _) = error else { return false }
      return true
    }
  }

  @Test func whatIsNoBundleIsKnownByItsFirstLine() {
    #expect(throws: UpdateFault.notABundle) { try read(Array("#!/bin/sh\n".utf8)) }
    #expect(throws: UpdateFault.format("2")) { try read(Array("sotto-bundle 2\n".utf8)) }
    #expect(throws: UpdateFault.notABundle) { try read([UInt8](repeating: 0, count: 5000)) }
    let endless = Array(("sotto-bundle 1\n" + String(repeating: "x", count: 2000)).utf8)
    #expect(throws: UpdateFault.endlessManifest) { try read(endless) }
  }

  @Test func versionsAreInOrder() throws {
    let versions = try ["0.0.9", "0.1.0", "0.1.2", "0.1.10", "0.2.0", "1.0.0"].map { try #require(Release($0)) }
    #expect(versions == versions.sorted())
    for text in ["1", "1.2", "1.2.3.4", "1..2", "a.b.c", "1.2.-3", "1.2.100000", "1.2.3 "] {
      #expect(Release(text) == nil)
    }
  }
}

@Suite struct UpdateKeyTests {
  /// RFC 8410 §10.1 and §10.3.
  @Test func theyAreOpenSSLsFiles() throws {
    let publicFile = """
      -----BEGIN PUBLIC KEY-----
      MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
      -----END PUBLIC KEY-----

      """
    let secretFile = """
      -----BEGIN PRIVATE KEY-----
      MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
      -----END PRIVATE KEY-----

      """
    let secret = try UpdateKey.secret(of: Array(secretFile.utf8))
    let publicKey = try UpdateKey.publicKey(of: Array(publicFile.utf8))
    #expect(Ed25519(secret: secret).publicKey == publicKey)
    #expect(UpdateKey.file(secret: secret) == Array(secretFile.utf8))
    #expect(UpdateKey.file(public: publicKey) == Array(publicFile.utf8))
    #expect(throws: UpdateFault.self) { try UpdateKey.secret(of: Array(publicFile.utf8)) }
    #expect(throws: UpdateFault.self) { try UpdateKey.publicKey(of: []) }
  }
}
