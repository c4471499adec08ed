import KernelRelay
import Wire

/// What the signalling thread asks of the media thread.
public enum Command: Sendable {
  /// Opens a stream with this side, or tells what a later offer or answer changed on it. A stream relays once both
  /// sides are known. A new `remote` moves the leg there; the same `remote` keeps what was learned about the phone's
  /// true address. A port that the side no longer uses is released.
  case setLeg(StreamID, Side, Leg)
  /// Opens or changes a stream whose one side, `.a`, hears itself.
  case setEcho(StreamID, Leg)
  /// Before the first command of a stream that another process had: where this side goes on.
  case resume(StreamID, Side, Continuation)
  /// Another process would go on with what this side hears where `.source` has said: what is encrypted may be sent so far.
  case kept(StreamID, Side, HeardSource)
  /// Before the first leg of a stream that another process had: both of its sides follow. What waits in their sockets is
  /// taken once there is somewhere for it to go.
  case expectBoth(StreamID)
  /// Sends a datagram of DTLS to this side's phone.
  case shake(StreamID, Side, [UInt8])
  /// The handshake of that name (`HandshakeTerms.association`) is done with this side's phone, and these are its keys.
  case agreed(StreamID, Side, association: UInt64, LegKeys)
  /// Ends a stream and releases its ports; answered by `.closed`.
  case close(StreamID)
  /// Has this side's phone told of a key, 0…15 as RFC 4733 §3.2 has them, by the method of its leg.
  case press(StreamID, Side, digit: UInt8, milliseconds: Int)
  /// Gives back a reserved port that no stream took.
  case release(port: UInt16)
  /// Asks for `.statistics`.
  case report(StreamID)
}

/// What the media thread tells the signalling thread.
public enum Event: Sendable {
  /// The thread runs, by this engine.
  case started(MediaEngine)
  /// Neither RTP nor RTCP came from either side for the time that the configuration names (60 s), on a stream that is
  /// not held. Said once until media comes again; the stream stays open.
  case noMedia(StreamID)
  /// The address that media of this side is sent to changed: the phone answered from elsewhere, or moved.
  case latched(StreamID, Side, SocketAddress)
  /// ICE has found that the phone which is told this port of ours has its media there, or with `isControl` its RTCP.
  case proved(StreamID, port: UInt16, isControl: Bool, SocketAddress)
  /// A datagram of DTLS came from where this side's phone may be.
  case shaken(StreamID, Side, [UInt8])
  /// A key of this side's phone, which the other side's signalling is to tell of.
  case pressed(StreamID, Side, digit: UInt8, milliseconds: Int)
  /// Another process that goes on with what this side hears is to begin here.
  case source(StreamID, Side, HeardSource)
  /// The answer to `.report`.
  case statistics(StreamID, StreamStatistics)
  /// The stream is gone; its last counters.
  case closed(StreamID, StreamStatistics)
  /// The thread could not start, and no media will flow.
  case stopped(MediaError)
  /// The kernel relays what it can, or no longer does and why.
  case kernelRelay(refusal: String?)
  /// A command could not be carried out.
  case failed(StreamID, MediaError)
}

/// How packets reach and leave the kernel.
public enum MediaEngine: Hashable, Sendable {
  case uring
  /// `recvmmsg` and `sendmmsg` under epoll, because io_uring was refused with this errno (0: told not to use it).
  case epoll(refusal: Int32)
}

/// Counters of both sides; `b` is nil for an echo.
public struct StreamStatistics: Hashable, Sendable {
  public var a: LegStatistics
  public var b: LegStatistics?

  public init(a: LegStatistics, b: LegStatistics?) {
    self.a = a
    self.b = b
  }
}

/// What came from one side, and what was sent to it, since the stream opened.
public struct LegStatistics: Hashable, Sendable {
  /// RTP packets from the phone that were good, whether or not there was someone to give them to, and their octets
  /// with the RTP header.
  public var packetsIn: UInt64 = 0
  public var octetsIn: UInt64 = 0
  /// RTP packets sent to the phone.
  public var packetsOut: UInt64 = 0
  public var octetsOut: UInt64 = 0
  /// RTCP packets relayed from the phone.
  public var controlIn: UInt64 = 0
  /// ICE's checks of this phone that were right; nil where it makes none.
  public var checks: UInt32?
  public var dropped = DropCounts()
  /// Times that the phone's media moved to another address after the first.
  public var moves: UInt32 = 0
  /// When the phone was last heard, by RTP or RTCP.
  public var lastHeard: Instant?
  /// Whether the kernel relays what this phone sends; once the stream is closed, whether it relayed any of it.
  public var inKernel = false
  /// How the phone is heard, by our own count, and how it hears, by its RTCP.
  public var incoming: Quality?
  public var outgoing: Quality?
  /// From the box to the phone and back, by RTCP.
  public var roundTrip: Interval?

  public init() {}
}

/// Packets from one side that were not passed on, by reason.
public struct DropCounts: Hashable, Sendable {
  /// Not RTP version 2, or shorter than its own header says; or an RTCP compound that RFC 3550 A.2 refuses.
  public var malformed: UInt64 = 0
  /// From an address that is not the phone's.
  public var foreign: UInt64 = 0
  /// A payload type that was not negotiated, or that the other side has nothing for.
  public var payloadType: UInt64 = 0
  /// The directions negotiated do not let it through.
  public var direction: UInt64 = 0
  /// The other side has no known address yet.
  public var noDestination: UInt64 = 0
  /// Of an encrypted leg: not made with the phone's key, or not encrypted; and what came before.
  public var unauthentic: UInt64 = 0
  public var replayed: UInt64 = 0
  /// The kernel could not send it.
  public var unsent: UInt64 = 0

  public init() {}
}
