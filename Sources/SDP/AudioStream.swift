import Wire

/// The plain audio stream of an offer or answer, and the streams beside it: what a relay between two phones needs to
/// know of them. Formats are empty where there is no audio.
public struct AudioStream: Hashable, Sendable {
  /// Its place among the m= lines.
  public var index: Int
  /// In the order of preference of the one who wrote it.
  public var formats: [Format]
  /// With the hold of RFC 2543 (`c=0.0.0.0`) told as a direction that receives nothing.
  public var direction: Direction
  /// Where RTP is wanted; nil for a host name or `0.0.0.0`.
  public var address: SocketAddress?
  /// Where RTCP is wanted, if said (RFC 3605).
  public var rtcpAddress: SocketAddress?
  /// RTCP may come, or in an answer comes, by the port of RTP (RFC 5761 §5.1.1).
  public var muxesControl = false
  public var packetTime: UInt32?
  public var longestPacketTime: UInt32?
  /// The keys by which its author sends, those first that it likes best; empty where it is not encrypted. Ours says
  /// `LocalSession.keys`.
  public var crypto: [CryptoLine] = []
  /// What its author says of a handshake of DTLS, where that is how it is to be encrypted.
  public var handshake: HandshakeDescription?
  /// What its author says of ICE; that of ours says `LocalSession.ice`.
  public var ice: IceDescription?
  /// What is passed on beside it.
  public var further: [FurtherStream] = []

  var isSecured: Bool { !crypto.isEmpty || handshake != nil }

  public init(index: Int = 0, formats: [Format], direction: Direction = .sendrecv) {
    self.index = index
    self.formats = formats
    self.direction = direction
  }
}

extension MediaDescription {
  /// RTP whose profile says nothing of encryption, with or without feedback (RFC 3551, RFC 4585). An `a=crypto` line beside
  /// it says that encryption would be welcome (RFC 8643 §3).
  var isPlainRTP: Bool { equalsIgnoringCase(transport, "RTP/AVP") || equalsIgnoringCase(transport, "RTP/AVPF") }
  var isAudio: Bool { equalsIgnoringCase(kind, "audio") }
  /// A key for SRTP is named in the description (RFC 4568).
  public var offersCrypto: Bool { attribute("crypto") != nil }
}

extension SessionDescription {
  /// The open m= line of an offer that is audio and fits the policy: encrypted where that may be, for who offers both
  /// ways would like it so.
  @export(interface)
  public func offeredAudio(_ policy: MediaPolicy = .plain) throws(SDPError) -> AudioStream {
    let lines = media.indices.filter { media[$0].isAudio && media[$0].port != 0 }
    var refusal = lines.contains { !media[$0].isPlainRTP } ? SDPError.onlySecureAudio : .noUsableAudio
    if policy.encryption != .never {
      let secure = lines.filter { media[$0].isSecureRTP }
      let welcome = lines.filter { media[$0].isPlainRTP }
      for index in secure + (policy.mustEncrypt ? welcome : []) {
        let audio = stream(at: index, policy)
        if !audio.formats.isEmpty && audio.isSecured { return audio }
      }
      if policy.mustEncrypt {
        let named = lines.contains { media[$0].offersCrypto }
        refusal = !named ? .insecureAudio : policy.ways.includeNaming ? .noUsableKeys : .keysInTheOpen
      } else if policy.ways.includeNaming, secure.contains(where: { media[$0].offersCrypto }) {
        refusal = .noUsableKeys
      }
    }
    guard !policy.mustEncrypt else { throw refusal }
    for index in lines where media[index].isPlainRTP {
      let audio = stream(at: index, policy)
      if !audio.formats.isEmpty { return audio }
    }
    throw refusal
  }

  /// The audio stream of an answer to `offer`, whose audio stood at `index`; nil where the answer refuses it, or gives less
  /// than the policy asks for. Some phones answer with the audio line alone: that one is then taken.
  @export(interface)
  public func answeredAudio(
    at index: Int, of offer: SessionDescription, _ policy: MediaPolicy = .plain
  ) throws(SDPError) -> AudioStream? {
    let said = offer.media.indices.contains(index) ? offer.media[index] : nil
    var index = index
    if media.count != offer.media.count {
      guard media.count < offer.media.count, media.count == 1, media[0].isAudio else {
        throw .mediaLinesDiffer(offered: offer.media.count, answered: media.count)
      }
      index = 0
    }
    guard index < media.count, media[index].port != 0, media[index].isAudio,
      media[index].isPlainRTP || media[index].isSecureRTP
    else { return nil }
    var audio = stream(at: index, policy)
    let own = said?.cryptoLines ?? []
    audio.crypto = audio.crypto.filter { line in own.contains { $0.tag == line.tag && $0.suite == line.suite } }
    if said?.attribute("fingerprint") == nil { audio.handshake = nil }
    let mustBeSecure = policy.mustEncrypt || said?.isSecureRTP == true || media[index].isSecureRTP
    guard !mustBeSecure || audio.isSecured else { return nil }
    return audio.formats.isEmpty ? nil : audio
  }

  private func stream(at index: Int, _ policy: MediaPolicy) -> AudioStream {
    let line = media[index]
    var audio = AudioStream(index: index, formats: line.audioFormats, direction: direction(of: line))
    audio.packetTime = line.packetTime
    audio.longestPacketTime = line.longestPacketTime
    audio.muxesControl = line.attribute("rtcp-mux") != nil
    (audio.crypto, audio.handshake) = security(of: line, policy)
    audio.ice = ice(of: line)
    (audio.address, audio.rtcpAddress) = addresses(of: line, audio.ice, &audio.direction)
    return audio
  }

  /// The direction that a line states, or else the session.
  func direction(of line: MediaDescription) -> Direction {
    Direction.stated(in: line.attributes) ?? Direction.stated(in: attributes) ?? .sendrecv
  }

  /// Where a line's media and its RTCP are wanted. The hold of older phones (RFC 3264 §8.4) is no address; with port 9
  /// it says that candidates come later (RFC 8840 §4.1.1).
  func addresses(
    of line: MediaDescription, _ ice: IceDescription?, _ direction: inout Direction
  ) -> (media: SocketAddress?, control: SocketAddress?) {
    guard let ip = (line.connection ?? connection)?.ip else { return (nil, nil) }
    guard !ip.isUnspecified else {
      if ice == nil || line.port != 9 { direction.receives = false }
      return (nil, nil)
    }
    return (SocketAddress(ip, port: line.port), line.rtcpAddress(default: ip))
  }
}

extension MediaDescription {
  /// `a=rtcp:port [IN IP4 address]` (RFC 3605 §2.1).
  func rtcpAddress(default ip: IPAddress) -> SocketAddress? {
    guard let value = attribute("rtcp")?.value else { return nil }
    let parts = words(value)
    guard let first = parts.first, let port = decimal(first, limit: 65535), port > 0 else { return nil }
    guard parts.count >= 4 else { return SocketAddress(ip, port: UInt16(port)) }
    let named = Connection(network: text(parts[1]), addressType: text(parts[2]), address: text(parts[3]))
    return named.ip.map { SocketAddress($0, port: UInt16(port)) }
  }
}
