import Wire

/// Names one relayed stream: the media between the two sides of a call, or one side and its echo. Chosen by the PBX,
/// and not used again while the stream is open.
public struct StreamID: Hashable, Sendable {
  /// Of the call.
  public let number: UInt32
  /// Which of the call's streams: 0 is its audio.
  public let part: UInt16

  public init(_ number: UInt32, part: UInt16 = 0) {
    self.number = number
    self.part = part
  }
}

/// One of the two sides of a stream.
public enum Side: UInt8, Sendable {
  case a
  case b

  public var other: Side { self == .a ? .b : .a }
}

/// What an RTP payload type stands for, as far as the relay cares.
public enum PayloadFormat: Hashable, Sendable {
  /// G.711 µ-law, 8 kHz.
  case pcmu
  /// G.711 A-law, 8 kHz.
  case pcma
  /// G.722, 16 kHz with a clock of 8 kHz (RFC 3551 §4.5.2).
  case g722
  /// Opus (RFC 7587), with a clock of 48 kHz.
  case opus
  /// RFC 4733 events at 8 kHz.
  case telephoneEvent
  /// RFC 3389 comfort noise.
  case comfortNoise
  /// Any other encoding, passed through untouched to a leg that has the same number; the PBX gives the same number to
  /// the same encoding name, clock rate and channels.
  case other(UInt32)
}

/// One payload type number of a leg and what it stands for.
public struct Payload: Hashable, Sendable {
  /// 0…127.
  public var number: UInt8
  public var format: PayloadFormat

  public init(_ number: UInt8, _ format: PayloadFormat) {
    self.number = number
    self.format = format
  }
}

/// How a phone tells of its keys, and is told of the other's.
public enum DigitMethod: UInt8, Hashable, Sendable {
  /// RFC 4733, under the number of `.telephoneEvent`.
  case events
  /// By signalling: the media thread has no part in it but to say what it heard, and to be told.
  case info
  /// The tones themselves, in the speech.
  case tones
}

/// What was negotiated with the phone on one side of a stream.
public struct Leg: Hashable, Sendable {
  /// The box's even RTP port that this phone was told; RTCP is the port above it. It must have been reserved.
  public var port: UInt16
  /// Where the phone's SDP says that it takes RTP; nil before it has said so, or where it named `0.0.0.0` or port 0.
  public var remote: SocketAddress?
  /// Where it takes RTCP (`a=rtcp`, RFC 3605); nil means the port above `remote`.
  public var remoteRTCP: SocketAddress?
  /// RTCP comes and goes by the port of RTP, on both ends (RFC 5761).
  public var muxesControl = false
  /// The address that the phone's SIP comes from. Behind a NAT its media comes from there too, whatever its SDP says.
  public var signalling: IPAddress?
  /// The numbers that the phone may send, as the box's SDP named them.
  public var accepts: [Payload]
  /// The numbers that the box may send, as the phone's SDP named them, best first.
  public var sends: [Payload]
  /// Whether the box takes media from this phone: false where the phone's direction is `recvonly` or `inactive`.
  public var takesMedia: Bool
  /// Whether the box gives this phone media: false where the phone's direction is `sendonly` or `inactive`.
  public var givesMedia: Bool
  /// False for datagrams of another protocol, such as T.38's: they are passed on as they come, and have no RTCP.
  public var isRTP = true
  /// Where it is encrypted; then nothing else is taken from this phone, and nothing else sent.
  public var keys: Boxed<LegKeys>?
  /// Where its keys come from a handshake of DTLS: until they are there, nothing is taken and nothing sent but that.
  public var handshake: Boxed<HandshakeTerms>?
  /// ICE, where it was agreed upon; boxed, for a leg is copied with each command.
  public var ice: Boxed<IceTerms>?
  /// Keys are converted where this is another than the other side's; nil leaves them as they come.
  public var digits: DigitMethod?
  /// What this phone hears of the exchange instead of the other phone, where it can be encoded for it.
  public var sound: Sound?
  /// Milliseconds of speech a packet that the phone wishes (`a=ptime`), where the box makes its packets; 0 for no wish.
  public var packetTime: UInt8 = 0
  /// The most bits a second that the phone takes by Opus (`maxaveragebitrate`, RFC 7587 §6.1); 0 for no limit.
  public var opusBitrate: UInt32 = 0

  public init(
    port: UInt16, remote: SocketAddress?, remoteRTCP: SocketAddress? = nil, signalling: IPAddress? = nil,
    accepts: [Payload], sends: [Payload], takesMedia: Bool = true, givesMedia: Bool = true
  ) {
    self.port = port
    self.remote = remote
    self.remoteRTCP = remoteRTCP
    self.signalling = signalling
    self.accepts = accepts
    self.sends = sends
    self.takesMedia = takesMedia
    self.givesMedia = givesMedia
  }
}
