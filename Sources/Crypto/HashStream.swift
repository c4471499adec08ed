import COpenSSL

/// SHA-256 of what comes in pieces.
public final class HashStream {
  private let context: OpaquePointer

  @export(interface)
  public init() {
    guard let made = EVP_MD_CTX_new(), EVP_DigestInit_ex2(made, sha256, nil) == 1 else {
      preconditionFailure("OpenSSL refused to hash: out of memory, or a build without this hash")
    }
    context = made
  }

  deinit { EVP_MD_CTX_free(context) }

  @export(interface)
  public func add(_ bytes: ArraySlice<UInt8>) {
    let done = bytes.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    precondition(done == 1, "OpenSSL refused to hash")
  }

  /// The hash, 32 octets; nothing is added afterwards.
  @export(interface)
  public func finish() -> [UInt8] {
    var hash = [UInt8](repeating: 0, count: 32)
    precondition(EVP_DigestFinal_ex(context, &hash, nil) == 1, "OpenSSL refused to hash")
    return hash
  }
}

private nonisolated(unsafe) let sha256 = EVP_MD_fetch(nil, "SHA256", nil)
