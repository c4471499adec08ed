import Crypto
import SecureVoice
import Wire

extension SelfTest {
  /// The primitives of secure voice, by answers that their standards print.
  static let primitives = SelfTestGroup(
    name: "primitives",
    cases: [
      SelfTestCase("AES-256-GCM (the GCM specification's test case 16)") {
        guard let key = bytes(hex: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
          let nonce = bytes(hex: "cafebabefacedbaddecaf888"),
          let data = bytes(hex: "feedfacedeadbeeffeedfacedeadbeefabaddad2"),
          let message = bytes(
            hex: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
              + "b16aedf5aa0de657ba637b39")
        else { return false }
        let cipher = AESGCM(key: key)
        let sealed = cipher.sealed(message, nonce: nonce, authenticating: data)
        return hex(sealed)
          == "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
          + "c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"
          && cipher.opened(sealed, nonce: nonce, authenticating: data) == message
          && cipher.opened(sealed, nonce: nonce) == nil
      },
      SelfTestCase("HKDF-SHA-256 (RFC 5869 §A.1)") {
        guard let salt = bytes(hex: "000102030405060708090a0b0c"), let info = bytes(hex: "f0f1f2f3f4f5f6f7f8f9")
        else { return false }
        let key = HKDF.sha256.extract(salt: salt, [UInt8](repeating: 0x0b, count: 22))
        return hex(HKDF.sha256.expand(key, info: info, count: 42))
          == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
      },
      SelfTestCase("X25519 (RFC 7748 §6.1)") {
        guard let a = bytes(hex: "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
          let b = bytes(hex: "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
        else { return false }
        let (alice, bob) = (X25519(secret: a), X25519(secret: b))
        return hex(alice.publicKey) == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
          && alice.shared(with: bob.publicKey) == bob.shared(with: alice.publicKey)
          && alice.shared(with: bob.publicKey).map { hex($0) }
            == "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
      },
      SelfTestCase("a public key that makes X25519's result zero is refused (RFC 7748 §6.1)") {
        let key = X25519(secret: [UInt8](repeating: 9, count: 32))
        return key.shared(with: [UInt8](repeating: 0, count: 32)) == nil
          && key.shared(with: [1] + [UInt8](repeating: 0, count: 31)) == nil
      },
      SelfTestCase("Ed25519 (RFC 8032 §7.1, test 2)") {
        guard let secret = bytes(hex: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
        else { return false }
        let key = Ed25519(secret: secret)
        var signature = key.sign([0x72])
        guard
          hex(signature) == "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
          Ed25519.verify(signature, of: [0x72], by: key.publicKey),
          !Ed25519.verify(signature, of: [0x73], by: key.publicKey)
        else { return false }
        signature[0] ^= 1
        return !Ed25519.verify(signature, of: [0x72], by: key.publicKey)
      },
      SelfTestCase("SFrame by AES-256-GCM (RFC 9605 §C.3)") {
        let key = SFrameKey(.aes256GCM, baseKey: (0..<16).map { UInt8($0) }, keyID: 0x123)
        var frame = [UInt8](repeating: 0, count: 42)
        let text = Array("draft-ietf-sframe-enc".utf8)
        let count = frame.withUnsafeMutableBytes { frame in
          text.withUnsafeBytes { text in
            Array("IETF SFrame WG".utf8).withUnsafeBytes { key.seal(text, counter: 0x4567, metadata: $0, into: frame) }
          }
        }
        return count == 42
          && hex(frame) == "990123456794f509d36e9beacb0e261d99c7d1e972f1fed787d4049f17ca21353c1cc24d56ceabced279"
      },
      SelfTestCase("ML-KEM-768, where OpenSSL has it") {
        let seed = (0..<64).map { UInt8($0) }
        guard let key = MLKEM768(seed: seed) else { return !MLKEM768.isAvailable }
        guard let sent = MLKEM768.encapsulate(to: key.encapsulationKey, random: [UInt8](seed[..<32])) else {
          return false
        }
        var other = sent.ciphertext
        other[100] ^= 1
        let wrong = [UInt8](repeating: 0xff, count: MLKEM768.keyCount)
        return key.decapsulate(sent.ciphertext) == sent.shared && key.decapsulate(other) != sent.shared
          && key.decapsulate(Array(other.dropLast())) == nil
          && MLKEM768.encapsulate(to: wrong, random: [UInt8](seed[..<32])) == nil
      },
    ])
}
