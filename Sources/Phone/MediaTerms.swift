import Codecs
import SDP
import Wire

/// What both ends have agreed on about the voice of a call.
public struct MediaTerms: Hashable, Sendable {
  /// Where the other end takes voice; nil where it takes none.
  public var remote: SocketAddress?
  /// Where it takes reports.
  public var remoteControl: SocketAddress?
  /// What is sent.
  public var format: VoiceFormat
  /// What may come.
  public var accepts: [VoiceFormat]
  /// The payload type of pressed keys that are sent, and that of those that come.
  public var keysOut: UInt8?
  public var keysIn: UInt8?
  /// Milliseconds of a packet that is sent.
  public var packetTime: Int
  public var sends: Bool
  public var receives: Bool
  /// By which voice is encrypted up to the exchange.
  public var keys: SDP.KeyAgreement?

  /// What comes of `said`, which is ours, and `heard`, which is the other end's; nil where they share no codec.
  init?(said: AudioStream, heard: AudioStream, in session: LocalSession) {
    let both = heard.formats.filter { theirs in said.formats.contains { $0.sameEncoding(as: theirs) } }
    guard let first = both.first(where: { VoiceCoding($0) != nil }), let coding = VoiceCoding(first) else { return nil }
    format = VoiceFormat(payloadType: first.payloadType, coding: coding)
    let ours = said.formats.filter { mine in heard.formats.contains { $0.sameEncoding(as: mine) } }
    accepts = ours.compactMap { format in
      VoiceCoding(format).map { VoiceFormat(payloadType: format.payloadType, coding: $0) }
    }
    keysOut = both.first { $0.isEvents }?.payloadType
    keysIn = ours.first { $0.isEvents }?.payloadType
    remote = heard.address
    remoteControl = heard.rtcpAddress ?? heard.address.map { SocketAddress($0.ip, port: $0.port &+ 1, scope: $0.scope) }
    let wish = min(heard.packetTime ?? said.packetTime ?? 20, heard.longestPacketTime ?? 60)
    packetTime = wish == 10 && said.packetTime == 10 ? 10 : 20
    sends = said.direction.sends && heard.direction.receives
    receives = said.direction.receives && heard.direction.sends
    keys = session.keys(with: heard)
  }
}
