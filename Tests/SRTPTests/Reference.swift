import COpenSSL
import Crypto

/// SRTP written down from RFC 3711 and RFC 7714 a second time, over OpenSSL alone: what the library makes of a master key
/// is held against it. What it makes of session keys is held against the RFCs' own examples.
struct SessionKeys {
  var cipher: [UInt8]
  var authentication: [UInt8]
  var salt: [UInt8]
}

enum Reference {
  /// RFC 3711 §4.3.1; the label is 0, 1, 2 for RTP's keys, 3, 4, 5 for RTCP's.
  static func derive(_ key: SRTPKey, label: UInt8, _ count: Int) -> [UInt8] {
    var block = Array(key.octets[key.suite.keyLength...]) + [UInt8](repeating: 0, count: 16 - key.suite.saltLength)
    block[7] ^= label
    return Array(keystream(Array(key.octets[..<key.suite.keyLength]), block, count))
  }

  static func sessionKeys(_ key: SRTPKey, isControl: Bool = false) -> SessionKeys {
    let label: UInt8 = isControl ? 3 : 0
    return SessionKeys(
      cipher: derive(key, label: label, key.suite.keyLength), authentication: derive(key, label: label + 1, 20),
      salt: derive(key, label: label + 2, key.suite.saltLength))
  }

  /// AES in counter mode from that block on (§4.1.1).
  static func keystream(_ key: [UInt8], _ first: [UInt8], _ count: Int) -> [UInt8] {
    crypt(key.count == 16 ? "AES-128-CTR" : "AES-256-CTR", key, iv: first, [UInt8](repeating: 0, count: count))
  }

  private static func crypt(_ name: String, _ key: [UInt8], iv: [UInt8], _ plain: [UInt8]) -> [UInt8] {
    let cipher = EVP_CIPHER_fetch(nil, name, nil)
    let context = EVP_CIPHER_CTX_new()
    defer {
      EVP_CIPHER_CTX_free(context)
      EVP_CIPHER_free(cipher)
    }
    var out = [UInt8](repeating: 0, count: plain.count + 16)
    var written: Int32 = 0
    precondition(EVP_EncryptInit_ex2(context, cipher, key, iv, nil) == 1)
    precondition(EVP_EncryptUpdate(context, &out, &written, plain, Int32(plain.count)) == 1)
    return Array(out[..<Int(written)])
  }

  private static func seal(_ key: [UInt8], iv: [UInt8], _ plain: [UInt8], beside: [UInt8]) -> [UInt8] {
    let cipher = EVP_CIPHER_fetch(nil, key.count == 16 ? "AES-128-GCM" : "AES-256-GCM", nil)
    let context = EVP_CIPHER_CTX_new()
    defer {
      EVP_CIPHER_CTX_free(context)
      EVP_CIPHER_free(cipher)
    }
    var out = [UInt8](repeating: 0, count: plain.count)
    var tag = [UInt8](repeating: 0, count: 16)
    var written: Int32 = 0
    precondition(EVP_EncryptInit_ex2(context, cipher, key, iv, nil) == 1)
    precondition(EVP_EncryptUpdate(context, nil, &written, beside, Int32(beside.count)) == 1)
    precondition(EVP_EncryptUpdate(context, &out, &written, plain, Int32(plain.count)) == 1)
    precondition(EVP_EncryptFinal_ex(context, &tag, &written) == 1)
    precondition(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, &tag) == 1)
    return out + tag
  }

  static func octets(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - $0))) }
  }

  private static func mixed(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] { zip(a, b).map { $0 ^ $1 } }

  /// A packet of RTP without contributing sources and extension.
  static func rtp(_ packet: [UInt8], _ keys: SessionKeys, _ suite: SRTPSuite, rollover: UInt32) -> [UInt8] {
    let (header, payload) = (Array(packet[..<12]), Array(packet[12...]))
    let ssrc = Array(packet[8..<12])
    if suite.isAEAD {
      let iv = mixed([0, 0] + ssrc + octets(UInt64(rollover), 4) + packet[2..<4], keys.salt)
      return header + seal(keys.cipher, iv: iv, payload, beside: header)
    }
    let block = mixed(
      [0, 0, 0, 0] + ssrc + octets(UInt64(rollover), 4) + packet[2..<4] + [0, 0], keys.salt + [0, 0])
    let sealed = header + mixed(payload, keystream(keys.cipher, block, payload.count))
    let tag = hmacSHA1(key: keys.authentication, sealed + octets(UInt64(rollover), 4))
    return sealed + tag[..<suite.tagLength]
  }

  static func rtcp(_ packet: [UInt8], _ keys: SessionKeys, _ suite: SRTPSuite, index: UInt32) -> [UInt8] {
    let (header, rest) = (Array(packet[..<8]), Array(packet[8...]))
    let ssrc = Array(packet[4..<8])
    let marked = octets(UInt64(index | 1 << 31), 4)
    if suite.isAEAD {
      let iv = mixed([0, 0] + ssrc + [0, 0] + octets(UInt64(index), 4), keys.salt)
      return header + seal(keys.cipher, iv: iv, rest, beside: header + marked) + marked
    }
    let block = mixed([0, 0, 0, 0] + ssrc + octets(UInt64(index), 6) + [0, 0], keys.salt + [0, 0])
    let sealed = header + mixed(rest, keystream(keys.cipher, block, rest.count)) + marked
    return sealed + hmacSHA1(key: keys.authentication, sealed)[..<10]
  }
}
