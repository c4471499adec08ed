import Wire

/// What this side has said on one dialog, so that each next description keeps its promises (RFC 3264 §8): the same
/// session identifier, a version that rises by one with each change, as many m= lines as before and in the same order.
public struct LocalSession: Hashable, Sendable {
  private let sessionID: UInt64
  private var version: UInt64
  /// The last description said on the dialog.
  public private(set) var last: SessionDescription?
  /// Where the audio stream stands among the m= lines.
  public private(set) var audioIndex = 0

  /// `sessionID` should be random, below 2^62 so that phones with signed numbers can hold it.
  public init(sessionID: UInt64) {
    self.sessionID = sessionID & (1 << 62 - 1)
    version = 1
  }

  /// An offer with this audio stream, receiving at `address`. Streams refused earlier stay refused in their places.
  @export(interface)
  public mutating func offer(_ audio: AudioStream, at address: SocketAddress) -> SessionDescription {
    var lines = last?.media.map { $0.refused() } ?? []
    let line = audioLine(audio, port: address.port, transport: "RTP/AVP")
    if audioIndex < lines.count {
      lines[audioIndex] = line
    } else {
      lines = [line]
    }
    return remember(lines, address.ip)
  }

  /// The answer to `offer` that accepts its stream at `audio.index` and refuses every other line (RFC 3264 §6).
  @export(interface)
  public mutating func answer(
    _ offer: SessionDescription, _ audio: AudioStream, at address: SocketAddress
  ) -> SessionDescription {
    audioIndex = audio.index
    var lines = offer.media.map { $0.refused() }
    if audio.index < lines.count {
      lines[audio.index] = audioLine(audio, port: address.port, transport: offer.media[audio.index].transport)
    }
    return remember(lines, address.ip)
  }

  private mutating func remember(_ lines: [MediaDescription], _ ip: IPAddress) -> SessionDescription {
    let connection = Connection(ip)
    var description = SessionDescription(
      origin: Origin(sessionID: String(sessionID), version: String(version), address: connection),
      connection: connection)
    description.media = lines
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
    line.attributes.append(Attribute(audio.direction.name))
    return line
  }
}

extension MediaDescription {
  /// The same line with port 0; it still needs a format (RFC 3264 §6).
  fileprivate func refused() -> MediaDescription {
    MediaDescription(kind: kind, port: 0, transport: transport, formats: formats)
  }
}
