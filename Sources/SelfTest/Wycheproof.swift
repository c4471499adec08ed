import Console
import Crypto
import Wire

extension SelfTest {
  /// Project Wycheproof's, which know how such code goes wrong.
  static let wycheproof = [
    VectorFile(
      "wycheproof/aes_gcm_test.json",
      wycheproof { test, group, result in
        guard [128, 256].contains(group["keySize"]?.integer), group["ivSize"]?.integer == 96 else { return nil }
        let cipher = AESGCM(key: test.bytes("key"))
        let (nonce, data, message) = (test.bytes("iv"), test.bytes("aad"), test.bytes("msg"))
        let sealed = test.bytes("ct") + test.bytes("tag")
        let opened = cipher.opened(sealed, nonce: nonce, authenticating: data)
        guard result == .valid else { return opened == nil }
        return opened == message && cipher.sealed(message, nonce: nonce, authenticating: data) == sealed
      }),
    VectorFile(
      "wycheproof/hkdf_sha256_test.json",
      wycheproof { test, _, result in
        // The invalid ones ask for more octets than there are, which is for the caller to know.
        guard result == .valid, let size = test["size"]?.integer else { return nil }
        let key = HKDF.sha256.extract(salt: test.bytes("salt"), test.bytes("ikm"))
        return HKDF.sha256.expand(key, info: test.bytes("info"), count: Int(size)) == test.bytes("okm")
      }),
    VectorFile(
      "wycheproof/x25519_test.json",
      wycheproof { test, _, result in
        let shared = X25519(secret: test.bytes("private")).shared(with: test.bytes("public"))
        let expected = test.bytes("shared")
        return expected.allSatisfy { $0 == 0 } ? shared == nil : shared == expected
      }),
    VectorFile("wycheproof/mlkem_768_test.json") { json, result in
      guard MLKEM768.isAvailable else {
        result.obstacle = "OpenSSL has ML-KEM from 3.5 on, the one of this build is older"
        return
      }
      wycheproof { test, _, expected in
        let key = MLKEM768(seed: test.bytes("seed"))
        let shared = key?.decapsulate(test.bytes("c"))
        guard expected == .valid else { return shared == nil }
        return key?.encapsulationKey == test.bytes("ek") && shared == test.bytes("K")
      }(json, &result)
    },
  ]

  private enum Expected: String {
    case valid, invalid
    /// Valid, yet whoever refuses it does no wrong.
    case acceptable
  }

  /// Runs `passes` for each test; it returns nil where the test is of something that isn't used here.
  private static func wycheproof(
    _ passes: @escaping @Sendable (_ test: JSON, _ group: JSON, Expected) -> Bool?
  ) -> @Sendable (JSON, inout VectorResult) -> Void {
    { json, result in
      for group in json["testGroups"]?.elements ?? [] {
        for test in group["tests"]?.elements ?? [] {
          let expected = test["result"]?.text.flatMap { Expected(rawValue: $0) }
          if let expected, let passed = passes(test, group, expected) {
            result.count(passed, "tcId \(test["tcId"]?.integer ?? 0)")
          } else {
            result.unused += 1
          }
        }
      }
    }
  }
}

extension JSON {
  /// The bytes of a member in hexadecimal; none where it has none.
  func bytes(_ name: String) -> [UInt8] { self[name]?.text.flatMap { Wire.bytes(hex: $0) } ?? [] }
}
