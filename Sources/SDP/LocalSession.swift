import Wire

/// What this side has said on one dialog, so that each next description keeps its promises (RFC 3264 §8): the same
/// session identifier, a version that rises by one with each change, as many m= lines as before and in the same order.
public struct LocalSession: Hashable, Sendable {
  let sessionID: UInt64
  private var version: UInt64
  /// The last description said on the dialog.
  public private(set) var last: SessionDescription?
  /// Where the audio stream stands among the m= lines.
  public private(set) var audioIndex = 0
  /// Where the streams beside it stand, by number.
  public private(set) var places: [UInt16: Int] = [:]
  /// What is said of ICE.
  public var ice: OwnIce
  /// What is said of encryption.
  public var security: OwnSecurity

  /// `sessionID` should be random, below 2^62 so that phones with signed numbers can hold it. `iceSecret` has to be;
  /// without it ICE is not spoken.
  public init(sessionID: UInt64, iceSecret: IceSecret? = nil, security: OwnSecurity = OwnSecurity()) {
    self.sessionID = sessionID & (1 << 62 - 1)
    version = 1
    ice = OwnIce(secret: iceSecret)
    self.security = security
  }

  /// The line that was last said of the audio.
  var said: MediaDescription? { said(audioIndex) }

  /// An offer of these streams, the audio received at `address`. Streams refused earlier stay refused in their places,
  /// unless a new one of their kind takes one. What the phone, which said `before` last, is encrypted by stays as it is.
  @export(interface)
  public mutating func offer(
    _ audio: AudioStream, at address: SocketAddress, after before: AudioStream? = nil
  ) -> SessionDescription {
    var lines = last?.media.map { $0.refused() } ?? []
    var isFree = lines.map { _ in true }
    var placed = places
    places = [:]
    func put(_ line: MediaDescription, at wish: Int?) -> Int {
      let place = wish ?? isFree.indices.first { isFree[$0] && equalsIgnoringCase(lines[$0].kind, line.kind) }
      guard let place, isFree.indices.contains(place), isFree[place] else {
        lines.append(line)
        isFree.append(false)
        return lines.count - 1
      }
      lines[place] = line
      isFree[place] = false
      return place
    }
    if !audio.formats.isEmpty {
      var line = audioLine(audio, port: address.port, transport: profile)
      offerKeys(in: &line, after: before)
      ice.offer(0, last: said(audioIndex), in: &line, at: address.ip)
      audioIndex = put(line, at: audioIndex)
    } else if let first = audio.further.first, first.index == audio.index {
      placed[first.number] = audioIndex
    }
    for stream in audio.further {
      var line = furtherLine(stream, stream.line.transport)
      if stream.isRTP { ice.offer(stream.number, last: said(placed[stream.number]), in: &line, at: address.ip) }
      places[stream.number] = put(line, at: placed[stream.number])
    }
    return remember(lines, address.ip)
  }

  /// The answer to `offer` that accepts its streams at `audio.index` and those beside it, and refuses every other line
  /// (RFC 3264 §6). `before` is what the other side had said last.
  @export(interface)
  public mutating func answer(
    _ offer: SessionDescription, _ audio: AudioStream, at address: SocketAddress, after before: AudioStream? = nil
  ) -> SessionDescription {
    let (lastAudio, lastPlaces) = (said(audioIndex), places)
    audioIndex = audio.index
    places = [:]
    var lines = offer.media.map { $0.refused() }
    if !audio.formats.isEmpty, audio.index < lines.count {
      var line = audioLine(audio, port: address.port, transport: offer.media[audio.index].transport)
      answerKeys(to: offer, offer.media[audio.index], after: before, in: &line)
      ice.answer(
        0, offer.ice(of: offer.media[audio.index]), before: before?.ice, last: lastAudio, in: &line, at: address.ip)
      lines[audio.index] = line
    }
    for stream in audio.further where stream.index < lines.count {
      var line = furtherLine(stream, offer.media[stream.index].transport)
      if stream.isRTP {
        ice.answer(
          stream.number, offer.ice(of: offer.media[stream.index]),
          before: before?.further.first { $0.number == stream.number }?.ice, last: said(lastPlaces[stream.number]),
          in: &line, at: address.ip)
      }
      lines[stream.index] = line
      places[stream.number] = stream.index
    }
    return remember(lines, address.ip)
  }

  /// The number of the stream beside the audio that stands there.
  public func number(at place: Int) -> UInt16? { places.first { $0.value == place }?.key }

  /// The line that was last said there.
  private func said(_ place: Int?) -> MediaDescription? {
    guard let last, let place, place < last.media.count else { return nil }
    return last.media[place]
  }

  private mutating func remember(_ lines: [MediaDescription], _ ip: IPAddress) -> SessionDescription {
    let connection = Connection(ip)
    var description = SessionDescription(
      origin: Origin(sessionID: String(sessionID), version: String(version), address: connection),
      connection: connection)
    description.media = lines
    if lines.contains(where: { $0.ownCredentials != nil }) {
      // `ice2` (RFC 8445 §10): no aggressive nomination, please.
      description.attributes = [Attribute("ice-lite"), Attribute("ice-options", "ice2")]
    }
    if let last, last != description {
      version &+= 1
      description.origin.version = String(version)
    }
    last = description
    return description
  }

  private func audioLine(_ audio: AudioStream, port: UInt16, transport: String) -> MediaDescription {
    var line = MediaDescription(
      kind: "audio", port: port, transport: transport, formats: audio.formats.map { String($0.payloadType) })
    for format in audio.formats {
      line.attributes.append(format.rtpmap)
      if let parameters = format.parameters {
        line.attributes.append(Attribute("fmtp", "\(format.payloadType) \(parameters)"))
      }
    }
    if let time = audio.packetTime { line.attributes.append(Attribute("ptime", String(time))) }
    if let time = audio.longestPacketTime { line.attributes.append(Attribute("maxptime", String(time))) }
    if audio.muxesControl { line.attributes.append(Attribute("rtcp-mux")) }
    line.attributes.append(Attribute(audio.direction.name))
    return line
  }
}

extension LocalSession {
  /// The medium as its author described it, at our port.
  private func furtherLine(_ stream: FurtherStream, _ transport: String) -> MediaDescription {
    var line = stream.line
    line.port = stream.ownPort
    line.transport = transport
    if stream.isRTP || stream.direction != .sendrecv { line.attributes.append(Attribute(stream.direction.name)) }
    return line
  }
}

extension MediaDescription {
  /// The same line with port 0; it still needs a format (RFC 3264 §6).
  fileprivate func refused() -> MediaDescription {
    MediaDescription(kind: kind, port: 0, transport: transport, formats: formats)
  }
}

extension LocalSession: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    sessionID = try reader.value()
    version = try reader.value()
    last = try reader.value()
    audioIndex = try reader.value()
    places = try reader.value()
    ice = try reader.value()
    security = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(sessionID)
    writer.put(version)
    writer.put(last)
    writer.put(audioIndex)
    writer.put(places)
    writer.put(ice)
    writer.put(security)
  }
}
