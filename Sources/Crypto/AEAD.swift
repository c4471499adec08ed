/// A cipher that also tells whether a message was changed, under one key (RFC 5116). A message allocates nothing; so it is
/// for one thread at a time.
public protocol AEAD: AnyObject {
  /// Octets that a sealed message is longer.
  var tagCount: Int { get }

  /// Writes ciphertext and tag to `sealed`, which is `tagCount` longer than the message. It may start where the message
  /// does. `nonce` has 12 octets and is never used twice under a key.
  func seal(
    _ message: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer, authenticating: UnsafeRawBufferPointer,
    into sealed: UnsafeMutableRawBufferPointer)

  /// Writes the message to `message`, which is `tagCount` shorter than `sealed`; false where the tag is not that of these
  /// octets under this key. What was written then is to be forgotten.
  func open(
    _ sealed: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer, authenticating: UnsafeRawBufferPointer,
    into message: UnsafeMutableRawBufferPointer
  ) -> Bool
}

// For what is sealed once a call rather than fifty times a second.
extension AEAD {
  /// Ciphertext and tag of a message.
  public func sealed(_ message: [UInt8], nonce: [UInt8], authenticating: [UInt8] = []) -> [UInt8] {
    var sealed = [UInt8](repeating: 0, count: message.count + tagCount)
    sealed.withUnsafeMutableBytes { sealed in
      message.withUnsafeBytes { message in
        nonce.withUnsafeBytes { nonce in
          authenticating.withUnsafeBytes { seal(message, nonce: nonce, authenticating: $0, into: sealed) }
        }
      }
    }
    return sealed
  }

  /// The message in ciphertext and tag; nil where they aren't of this key, nonce and data.
  public func opened(_ sealed: [UInt8], nonce: [UInt8], authenticating: [UInt8] = []) -> [UInt8]? {
    guard sealed.count >= tagCount else { return nil }
    var message = [UInt8](repeating: 0, count: sealed.count - tagCount)
    let isGenuine = message.withUnsafeMutableBytes { message in
      sealed.withUnsafeBytes { sealed in
        nonce.withUnsafeBytes { nonce in
          authenticating.withUnsafeBytes { open(sealed, nonce: nonce, authenticating: $0, into: message) }
        }
      }
    }
    return isGenuine ? message : nil
  }
}
