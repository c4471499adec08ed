import Wire

/// A stream beside the audio that is passed on as it is, whatever it carries: video, a fax by T.38, slides.
public struct FurtherStream: Hashable, Sendable {
  /// More of them are not taken from one description.
  public static let most = 4

  /// Which of its call's it is, the same on both legs; 0 until the call has given it a number.
  public var number: UInt16 = 0
  /// Its place among the m= lines.
  public var index: Int
  /// The medium in its author's words, without what is said of ways to it.
  public var line: MediaDescription
  public var direction: Direction
  /// Where it is wanted; nil for a host name or `0.0.0.0`.
  public var address: SocketAddress?
  /// Where RTCP is wanted, if said (RFC 3605).
  public var rtcpAddress: SocketAddress?
  /// What its author says of ICE.
  public var ice: IceDescription?
  /// Our port, that of the description where it is ours, else of the one that its author gets.
  public var ownPort: UInt16 = 0

  /// RTP with or without encryption; all else are datagrams that nothing is known of.
  public var isRTP: Bool { line.isRTP }
}

extension MediaDescription {
  fileprivate var isRTP: Bool {
    let profiles = ["RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF"]
    return profiles.contains { equalsIgnoringCase(transport, $0) }
  }

  /// What goes by datagrams, and needs nobody's own address: T.38 (ITU-T T.38 Annex D), BFCP (RFC 8856).
  private var isDatagrams: Bool {
    equalsIgnoringCase(transport, "udptl") || equalsIgnoringCase(transport, "UDP/BFCP")
      || equalsIgnoringCase(transport, "UDP")
  }

  /// Whether the line can be passed on. A second audio line is another form of the first (RFC 5939 §1).
  fileprivate var isRelayable: Bool { port != 0 && !isAudio && (isRTP || isDatagrams) }

  /// The line without its ways: those are the exchange's own on each leg.
  fileprivate var medium: MediaDescription {
    let ways = [
      "sendrecv", "sendonly", "recvonly", "inactive", "rtcp", "rtcp-mux", "rtcp-mux-only", "mid", "bundle-only", "msid",
      "candidate", "end-of-candidates", "remote-candidates", "ice-ufrag", "ice-pwd", "ice-options", "ice-mismatch",
    ]
    var medium = self
    medium.connection = nil
    medium.portCount = nil
    medium.otherLines = otherLines.filter { $0.type == UInt8(ascii: "b") }
    medium.attributes = attributes.filter { !ways.contains($0.name) }
    return medium
  }
}

extension SessionDescription {
  /// The first open m= line that is plain audio, and what can be passed on beside it. Without an audio line that is open
  /// the formats are empty; `index` is then the place of a refused one, or of the stream that took its place
  /// (RFC 3264 §8.3.3), as that of a fax does.
  @export(interface)
  public func offeredStreams(_ policy: MediaPolicy = .plain) throws(SDPError) -> AudioStream {
    let further = media.indices.compactMap { passable(at: $0, policy) }.prefix(FurtherStream.most)
    do throws(SDPError) {
      var audio = try offeredAudio(policy)
      audio.further = Array(further)
      return audio
    } catch {
      guard let first = further.first, !media.contains(where: { $0.isAudio && $0.port != 0 }) else { throw error }
      var streams = AudioStream(index: media.firstIndex { $0.isAudio } ?? first.index, formats: [])
      streams.further = Array(further)
      return streams
    }
  }

  /// What an answer to what `session` last offered accepts; nil where it refuses everything, or what its author said
  /// `before` was encrypted and this is not.
  @export(interface)
  public func answeredStreams(
    _ session: LocalSession, after before: AudioStream? = nil
  ) throws(SDPError) -> AudioStream? {
    guard let offer = session.last else { return nil }
    let policy = session.policy(after: before)
    let audio = try answeredAudio(at: session.audioIndex, of: offer, policy)
    var further: [FurtherStream] = []
    if media.count == offer.media.count {
      for (number, index) in session.places.sorted(by: { $0.value < $1.value }) where index < media.count {
        guard var stream = passable(at: index, policy), equalsIgnoringCase(stream.line.kind, offer.media[index].kind)
        else {
          continue
        }
        stream.number = number
        further.append(stream)
      }
    }
    guard audio != nil || !further.isEmpty else { return nil }
    var streams = audio ?? AudioStream(index: session.audioIndex, formats: [])
    streams.further = further
    return streams
  }

  private func passable(at index: Int, _ policy: MediaPolicy) -> FurtherStream? {
    let line = media[index]
    guard line.isRelayable else { return nil }
    // Who has to be encrypted has no other media beside it that is not.
    guard line.isSecureRTP || !policy.mustEncrypt else { return nil }
    var stream = FurtherStream(index: index, line: line.medium, direction: direction(of: line))
    // What stands at the beginning of other datagrams is not known, so that checks could not be told from them.
    if stream.isRTP { stream.ice = ice(of: line) }
    (stream.address, stream.rtcpAddress) = addresses(of: line, stream.ice, &stream.direction)
    return stream
  }
}
