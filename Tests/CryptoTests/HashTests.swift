import Crypto
import Testing
import Wire

@Suite struct HashTests {
  /// RFC 1321 §A.5, FIPS 180-4 examples.
  @Test(arguments: [
    (Hash.md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
    (.md5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
    (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (.sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (.sha512t256, "abc", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
  ])
  func publishedHashes(hash: Hash, text: String, expected: String) {
    #expect(hex(hash(text)) == expected)
    #expect(hash(text).count == hash.length)
  }

  /// RFC 4231 §4.2, §4.3, §4.7 (a key longer than the block).
  @Test(arguments: [
    (
      [UInt8](repeating: 0x0b, count: 20), "Hi There",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      Array("Jefe".utf8), "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
  ])
  func publishedHMACs(key: [UInt8], text: String, expected: String) {
    #expect(hex(hmacSHA256(key: key, Array(text.utf8))) == expected)
  }

  /// HMAC of an empty key and an empty message, as any implementation gives it.
  @Test func emptyKeyIsHashedAsZeros() {
    #expect(
      hex(hmacSHA256(key: [], [])) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
  }

  @Test func comparesWholeLengthOnly() {
    #expect(constantTimeEqual([1, 2, 3], [1, 2, 3]))
    #expect(!constantTimeEqual([1, 2, 3], [1, 2, 4]))
    #expect(!constantTimeEqual([1, 2, 3], [1, 2]))
    #expect(constantTimeEqual([], []))
  }
}

@Suite struct RandomTests {
  /// RFC 8439 §A.1, test vector 1 and 2: the key stream of a zero key; its first 32 bytes became the next key.
  @Test func sourceIsTheChaCha20KeyStream() {
    var source = RandomSource(seed: [UInt8](repeating: 0, count: 32))
    var words: [UInt8] = []
    for _ in 0..<4 {
      let word = source.next()
      for shift in stride(from: 56, through: 0, by: -8) {
        words.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
      }
    }
    #expect(hex(words) == "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586")
  }

  @Test func sameSeedSameNumbersAcrossRefills() {
    var a = RandomSource(seed: [1, 2, 3])
    var b = RandomSource(seed: [1, 2, 3])
    var c = RandomSource(seed: [1, 2, 4])
    let first = a.bytes(5000)
    #expect(first == b.bytes(5000))
    #expect(first != c.bytes(5000))
    // No value of a byte is missing or rules in 5000 (expected 20 of each).
    var seen = [Int](repeating: 0, count: 256)
    for byte in first { seen[Int(byte)] += 1 }
    #expect(seen.allSatisfy { (1...60).contains($0) })
  }

  @Test func tokensAreHexadecimalOfTheAskedLength() {
    var source = RandomSource(seed: [])
    let token = source.token(9)
    #expect(token.utf8.count == 18)
    #expect(token.utf8.allSatisfy { hexDigit($0) != nil })
  }

  @Test func systemBytesDiffer() throws {
    #expect(try randomBytes(16) != randomBytes(16))
  }
}
