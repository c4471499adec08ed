import COpenSSL

/// What random bytes can fail with.
public enum CryptoError: Error, Equatable {
  case noRandomness

  public var description: String {
    "OpenSSL found no source of random bytes; is /dev/urandom there and getrandom(2) permitted?"
  }
}

/// Random bytes from the operating system. Only the daemon calls this: protocols are given a `RandomSource`.
public func randomBytes(_ count: Int) throws(CryptoError) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: count)
  guard RAND_bytes(&bytes, Int32(count)) == 1 else { throw .noRandomness }
  return bytes
}

/// Unpredictable numbers as a plain value: ChaCha20 over a seed, the key replaced at each refill so that a later state
/// tells nothing of earlier output. The same seed gives the same numbers, so a test repeats itself.
public struct RandomSource: RandomNumberGenerator, Sendable {
  private var key: [UInt8]
  private var buffer: [UInt8] = []
  private var used = 0

  /// `seed` is 32 bytes from `randomBytes`, or anything in a test: other lengths are hashed to 32.
  public init(seed: [UInt8]) { key = seed.count == 32 ? seed : Hash.sha256(seed) }

  public mutating func next() -> UInt64 {
    if used + 8 > buffer.count { refill() }
    var value: UInt64 = 0
    for i in used..<used + 8 { value = value << 8 | UInt64(buffer[i]) }
    used += 8
    return value
  }

  /// `count` bytes.
  public mutating func bytes(_ count: Int) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var word: UInt64 = 0
    for i in 0..<count {
      if i & 7 == 0 { word = next() }
      result.append(UInt8(truncatingIfNeeded: word))
      word >>= 8
    }
    return result
  }

  /// Lower-case hexadecimal of `count` random bytes: for tags, branches and Call-IDs.
  public mutating func token(_ count: Int) -> String {
    let digits: StaticString = "0123456789abcdef"
    let random = bytes(count)
    return String(unsafeUninitializedCapacity: 2 * count) { out in
      for i in 0..<count {
        out[2 * i] = digits.utf8Start[Int(random[i] >> 4)]
        out[2 * i + 1] = digits.utf8Start[Int(random[i] & 15)]
      }
      return 2 * count
    }
  }

  private mutating func refill() {
    let zeros = [UInt8](repeating: 0, count: 32 + 512)
    var output = zeros
    var written: Int32 = 0
    // The first 16 bytes of the 16-byte "IV" are block counter and nonce; a key is used once, so zero will do.
    guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("OpenSSL is out of memory") }
    defer { EVP_CIPHER_CTX_free(context) }
    let done =
      EVP_EncryptInit_ex2(context, chaCha20, key, zeros, nil) == 1
      && EVP_EncryptUpdate(context, &output, &written, zeros, Int32(zeros.count)) == 1 && written == zeros.count
    precondition(done, "OpenSSL refused ChaCha20: out of memory, or a build without it")
    key = Array(output[..<32])
    buffer = output
    used = 32
  }
}

private nonisolated(unsafe) let chaCha20 = EVP_CIPHER_fetch(nil, "ChaCha20", nil)

/// Overwrites a secret that is no longer needed, and leaves nothing of it where nobody else holds a copy.
@export(interface)
public func wipe(_ secret: inout [UInt8]) {
  secret.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
  secret = []
}
