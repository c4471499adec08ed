import Wire

extension IPAddress {
  /// Reached from within some network only: RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291 §2.5.6, loopback.
  var isPrivate: Bool {
    if isLoopback { return true }
    guard isIPv4 else { return high >> 57 == 0xfc >> 1 || high >> 54 == 0xfe80 >> 6 }
    let low = UInt32(truncatingIfNeeded: low)
    return low >> 24 == 10 || low >> 20 == 0xac1 || low >> 16 == 0xc0a8 || low >> 22 == 0x6440 >> 6
      || low >> 16 == 0xa9fe
  }
}

extension PartyFacts {
  /// The phone was told a private address, and its signalling comes from outside: what it sends there goes astray.
  var wasToldAstray: Bool {
    guard let told, let signalling else { return false }
    return told.ip.isPrivate && !signalling.ip.isPrivate
  }

  /// The phone names a private address that is not the one its signalling comes from.
  var namesAstray: Bool {
    guard let named, let signalling else { return false }
    return named.ip.isPrivate && named.ip != signalling.ip
      && !(signalling.ip.isPrivate && signalling.ip.isNear(named.ip))
  }

  /// Behind a translator of addresses, and without asking for answers to the port that it sends from: they go to one that
  /// nobody has opened.
  var isBehindNATWithoutPort: Bool {
    guard transport == "udp", !asksForPort, let via, let signalling else { return false }
    return via.port != signalling.port && via.ip != signalling.ip
  }
}

extension IPAddress {
  /// In what is most often one network: an IPv4 /16, an IPv6 /48.
  fileprivate func isNear(_ other: IPAddress) -> Bool {
    guard isIPv4 == other.isIPv4 else { return false }
    return isIPv4 ? low >> 16 == other.low >> 16 : high >> 16 == other.high >> 16
  }
}
