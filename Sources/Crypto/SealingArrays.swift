// For what is sealed once a call rather than fifty times a second.

extension AESGCM {
  /// Ciphertext and tag of a message.
  @export(interface)
  public func sealed(_ message: [UInt8], nonce: [UInt8], authenticating: [UInt8] = []) -> [UInt8] {
    arrays(message, nonce, authenticating, count: message.count + AESGCM.tagCount) { message, nonce, data, out in
      seal(message, nonce: nonce, authenticating: data, into: out)
      return true
    } ?? []
  }

  /// The message in ciphertext and tag; nil where they aren't of this key, nonce and data.
  @export(interface)
  public func opened(_ sealed: [UInt8], nonce: [UInt8], authenticating: [UInt8] = []) -> [UInt8]? {
    arrays(sealed, nonce, authenticating, count: sealed.count - AESGCM.tagCount) { sealed, nonce, data, out in
      open(sealed, nonce: nonce, authenticating: data, into: out)
    }
  }
}

extension AESCounterHMAC {
  /// Ciphertext and tag of a message.
  @export(interface)
  public func sealed(_ message: [UInt8], nonce: [UInt8], authenticating: [UInt8] = []) -> [UInt8] {
    arrays(message, nonce, authenticating, count: message.count + tagCount) { message, nonce, data, out in
      seal(message, nonce: nonce, authenticating: data, into: out)
      return true
    } ?? []
  }

  /// The message in ciphertext and tag; nil where they aren't of these keys, nonce and data.
  @export(interface)
  public func opened(_ sealed: [UInt8], nonce: [UInt8], authenticating: [UInt8] = []) -> [UInt8]? {
    arrays(sealed, nonce, authenticating, count: sealed.count - tagCount) { sealed, nonce, data, out in
      open(sealed, nonce: nonce, authenticating: data, into: out)
    }
  }
}

/// What `body` writes to `count` octets; nil where that is negative or `body` fails.
private func arrays(
  _ input: [UInt8], _ nonce: [UInt8], _ authenticating: [UInt8], count: Int,
  _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer, UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) ->
    Bool
) -> [UInt8]? {
  guard count >= 0 else { return nil }
  var output = [UInt8](repeating: 0, count: count)
  let done = output.withUnsafeMutableBytes { output in
    input.withUnsafeBytes { input in
      nonce.withUnsafeBytes { nonce in authenticating.withUnsafeBytes { body(input, nonce, $0, output) } }
    }
  }
  return done ? output : nil
}
