import Crypto

/// Seals and opens frames under one key and key identifier (RFC 9605 §4.4). Holds contexts of OpenSSL, so that a frame
/// allocates nothing; for one thread at a time. It counts nothing: who seals gives each counter once, who opens looks for
/// repeated ones.
public final class SFrameKey: @unchecked Sendable {
  public let suite: SFrameSuite
  public let keyID: UInt64

  private let cipher: any AEAD
  /// 12 octets.
  private let salt: [UInt8]

  /// Derives key and salt from a base key (§4.4.2).
  @export(interface)
  public init(_ suite: SFrameSuite, baseKey: [UInt8], keyID: UInt64) {
    self.suite = suite
    self.keyID = keyID
    let secret = suite.hash.extract(baseKey)
    func derived(_ label: String, _ count: Int) -> [UInt8] {
      var info = Array(label.utf8)
      for shift in stride(from: 56, through: 0, by: -8) {
        info.append(UInt8(truncatingIfNeeded: keyID >> UInt64(shift)))
      }
      info += [UInt8(suite.rawValue >> 8), UInt8(suite.rawValue & 0xff)]
      return suite.hash.expand(secret, info: info, count: count)
    }
    let key = derived("SFrame 1.0 Secret key ", suite.keyCount)
    salt = derived("SFrame 1.0 Secret salt ", 12)
    switch suite {
    case .aes128CTR80, .aes128CTR64, .aes128CTR32:
      cipher = AESCounterHMAC(key: key, tagCount: suite.tagCount)
    case .aes128GCM, .aes256GCM: cipher = AESGCM(key: key)
    }
  }

  /// Octets of the frame for a payload of so many.
  @export(interface)
  public func count(payload: Int, counter: UInt64) -> Int {
    SFrameHeader(keyID: keyID, counter: counter).count + payload + suite.tagCount
  }

  /// Writes the frame of a payload, and returns its octets; 0 where `frame` has no room for it. `metadata` is not sent
  /// but authenticated.
  @export(interface)
  public func seal(
    _ payload: UnsafeRawBufferPointer, counter: UInt64, metadata: UnsafeRawBufferPointer = .init(start: nil, count: 0),
    into frame: UnsafeMutableRawBufferPointer
  ) -> Int {
    let header = SFrameHeader(keyID: keyID, counter: counter)
    let start = header.count
    let end = start + payload.count + suite.tagCount
    guard end <= frame.count else { return 0 }
    header.write(to: frame)
    let sealed = UnsafeMutableRawBufferPointer(rebasing: frame[start..<end])
    withNonce(counter) { nonce in
      withAuthenticated(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(frame)[..<start]), metadata) { data in
        cipher.seal(payload, nonce: nonce, authenticating: data, into: sealed)
      }
    }
    return end
  }

  /// Writes the payload of a frame, and returns its octets; nil where the frame is not of this key, was changed on the
  /// way, or `payload` has no room. What is then in `payload` is to be forgotten.
  @export(interface)
  public func open(
    _ frame: UnsafeRawBufferPointer, metadata: UnsafeRawBufferPointer = .init(start: nil, count: 0),
    into payload: UnsafeMutableRawBufferPointer
  ) -> Int? {
    var start = 0
    guard let header = SFrameHeader(frame, count: &start), header.keyID == keyID else { return nil }
    let count = frame.count - start - suite.tagCount
    guard (0...payload.count).contains(count) else { return nil }
    let sealed = UnsafeRawBufferPointer(rebasing: frame[start...])
    let room = UnsafeMutableRawBufferPointer(rebasing: payload[..<count])
    let isGenuine = withNonce(header.counter) { nonce in
      withAuthenticated(UnsafeRawBufferPointer(rebasing: frame[..<start]), metadata) { data in
        cipher.open(sealed, nonce: nonce, authenticating: data, into: room)
      }
    }
    return isGenuine ? count : nil
  }

  /// The salt with the counter mixed into its last eight octets (§4.4.3).
  private func withNonce<Result>(_ counter: UInt64, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    withUnsafeTemporaryAllocation(byteCount: 12, alignment: 8) { nonce in
      nonce.copyBytes(from: salt)
      for i in 0..<8 { nonce[4 + i] ^= UInt8(truncatingIfNeeded: counter >> UInt64(56 - 8 * i)) }
      return body(UnsafeRawBufferPointer(nonce))
    }
  }

  private func withAuthenticated<Result>(
    _ header: UnsafeRawBufferPointer, _ metadata: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    guard !metadata.isEmpty else { return body(header) }
    return withUnsafeTemporaryAllocation(byteCount: header.count + metadata.count, alignment: 1) { data in
      data.copyMemory(from: header)
      UnsafeMutableRawBufferPointer(rebasing: data[header.count...]).copyMemory(from: metadata)
      return body(UnsafeRawBufferPointer(data))
    }
  }
}
