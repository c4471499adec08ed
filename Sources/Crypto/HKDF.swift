/// Keys out of a shared secret (RFC 5869), by the hash that it is made for.
public enum HKDF: UInt8, Sendable {
  case sha256
  case sha512

  /// Octets of a pseudorandom key: 32 or 64.
  public var length: Int { self == .sha256 ? 32 : 64 }

  /// A pseudorandom key out of uneven key material (§2.2). Without a salt, so many zeros as the hash has octets.
  @export(interface)
  public func extract(salt: [UInt8] = [], _ material: [UInt8]) -> [UInt8] { key(salt)(material) }

  /// `count` octets for the use that `info` names (§2.3); at most 255 times `length`.
  @export(interface)
  public func expand(_ pseudorandomKey: [UInt8], info: [UInt8], count: Int) -> [UInt8] {
    precondition(count <= 255 * length, "HKDF gives at most 255 hashes")
    let mac = key(pseudorandomKey)
    var output: [UInt8] = []
    var block: [UInt8] = []
    var number: UInt8 = 0
    while output.count < count {
      number += 1
      block = mac(block + info + [number])
      output += block.prefix(count - output.count)
    }
    return output
  }

  private func key(_ bytes: [UInt8]) -> HMACKey {
    self == .sha256 ? HMACKey(sha256: bytes) : HMACKey(sha512: bytes)
  }
}
