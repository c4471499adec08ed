import Console
import Crypto
import SecureVoice
import Wire

extension SelfTest {
  /// The vectors of RFC 9605 (appendix C), as its authors keep them in JSON.
  static let sframe = VectorFile("sframe/test-vectors.json") { json, result in
    for test in json["header"]?.elements ?? [] {
      let header = SFrameHeader(keyID: test.number("kid"), counter: test.number("ctr"))
      let encoded = test.bytes("encoded")
      var count = 0
      let read = encoded.withUnsafeBytes { SFrameHeader($0, count: &count) }
      result.count(
        header.bytes == encoded && read == header && count == encoded.count,
        "header of key \(header.keyID), counter \(header.counter)")
    }
    for test in (json["aes_ctr_hmac"]?.elements ?? []) + (json["aes_256_ctr_hmac"]?.elements ?? []) {
      let (text, sealed, nonce, data) = (test.bytes("pt"), test.bytes("ct"), test.bytes("nonce"), test.bytes("aad"))
      let cipher = AESCounterHMAC(key: test.bytes("key"), tagCount: sealed.count - text.count)
      // Twice, for the contexts are used again.
      let passes = (0..<2).allSatisfy { _ in
        cipher.sealed(text, nonce: nonce, authenticating: data) == sealed
          && cipher.opened(sealed, nonce: nonce, authenticating: data) == text
          && cipher.opened(sealed, nonce: nonce) == nil
      }
      result.count(passes, "AES-CTR with HMAC, suite \(test.number("cipher_suite"))")
    }
    for test in json["sframe"]?.elements ?? [] {
      let number = test.number("cipher_suite")
      let suite = UInt16(exactly: number).flatMap { SFrameSuite(rawValue: $0) }
      result.count(suite.map { sframeHolds(test, $0) } ?? false, "suite \(number)")
    }
  }

  private static func sframeHolds(_ test: JSON, _ suite: SFrameSuite) -> Bool {
    let key = SFrameKey(suite, baseKey: test.bytes("base_key"), keyID: test.number("kid"))
    let (text, frame, metadata) = (test.bytes("pt"), test.bytes("ct"), test.bytes("metadata"))
    let counter = test.number("ctr")
    guard key.count(payload: text.count, counter: counter) == frame.count,
      sealed(text, key, counter, metadata) == frame, opened(frame, key, metadata) == text
    else { return false }
    // No octet of a frame may change, and none be cut off.
    return frame.indices.allSatisfy { i in
      var changed = frame
      changed[i] ^= 4
      return opened(changed, key, metadata) == nil && opened(Array(frame[..<i]), key, metadata) == nil
    }
  }

  private static func sealed(_ text: [UInt8], _ key: SFrameKey, _ counter: UInt64, _ metadata: [UInt8]) -> [UInt8] {
    var frame = [UInt8](repeating: 0, count: 200)
    let count = frame.withUnsafeMutableBytes { frame in
      text.withUnsafeBytes { text in
        metadata.withUnsafeBytes { key.seal(text, counter: counter, metadata: $0, into: frame) }
      }
    }
    return Array(frame[..<count])
  }

  private static func opened(_ frame: [UInt8], _ key: SFrameKey, _ metadata: [UInt8]) -> [UInt8]? {
    var text = [UInt8](repeating: 0, count: 200)
    let count = text.withUnsafeMutableBytes { text in
      frame.withUnsafeBytes { frame in
        metadata.withUnsafeBytes { key.open(frame, metadata: $0, into: text) }
      }
    }
    return count.map { Array(text[..<$0]) }
  }
}

extension JSON {
  /// An unsigned number of 64 bits; in quotes where it is a long one.
  fileprivate func number(_ name: String) -> UInt64 {
    self[name]?.integer.flatMap { UInt64(exactly: $0) } ?? self[name]?.text.flatMap { UInt64($0) } ?? 0
  }
}
