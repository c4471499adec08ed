import Crypto
import Wire

/// Keys of Ed25519 as files that OpenSSL reads too (RFC 8410 §7, §10.1; RFC 7468).
public enum UpdateKey {
  private static let secretPrefix: [UInt8] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
  ]
  private static let publicPrefix: [UInt8] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]

  public static func file(secret: [UInt8]) -> [UInt8] { file("PRIVATE KEY", secretPrefix + secret) }

  public static func file(public key: [UInt8]) -> [UInt8] { file("PUBLIC KEY", publicPrefix + key) }

  /// The 32 octets of a file's secret key.
  @export(interface)
  public static func secret(of file: [UInt8]) throws(UpdateFault) -> [UInt8] {
    try key(of: file, "PRIVATE KEY", secretPrefix)
  }

  /// The 32 octets of a file's public key.
  @export(interface)
  public static func publicKey(of file: [UInt8]) throws(UpdateFault) -> [UInt8] {
    try key(of: file, "PUBLIC KEY", publicPrefix)
  }

  private static func file(_ label: String, _ octets: [UInt8]) -> [UInt8] {
    Array("-----BEGIN \(label)-----\n\(base64(octets))\n-----END \(label)-----\n".utf8)
  }

  private static func key(of file: [UInt8], _ label: String, _ prefix: [UInt8]) throws(UpdateFault) -> [UInt8] {
    let lines = file.split { $0 == 10 || $0 == 13 }
    guard lines.count == 3, lines[0].elementsEqual("-----BEGIN \(label)-----".utf8),
      lines[2].elementsEqual("-----END \(label)-----".utf8), let octets = fromBase64(lines[1]),
      octets.count == prefix.count + 32, octets.starts(with: prefix)
    else { throw .noKey(expected: "a \(label) of Ed25519 in PEM") }
    return Array(octets.dropFirst(prefix.count))
  }
}
