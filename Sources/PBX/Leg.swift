import Configuration
import Crypto
import Media
import SDP
import SIP
import Wire

/// The two ends of a call.
enum CallSide: UInt8, Sendable {
  case caller, callee

  var other: CallSide { self == .caller ? .callee : .caller }
  var stream: Media.Side { self == .caller ? .a : .b }
}

/// A phone's half of an answered call: its dialog and what was agreed on its media.
struct Leg: Sendable {
  /// How far the dialog is from its end.
  enum Ending: UInt8, Sendable {
    case open
    /// A BYE is due, but the phone has not acknowledged our 2xx: only then may it go out (RFC 3261 §15).
    case due
    /// Our BYE waits for its answer.
    case sent
    case gone
  }

  let number: String
  let codecs: [VoiceCodec]
  var port: UInt16
  var dialog: Dialog
  var session: LocalSession
  /// What was last agreed: our description of the audio, and the phone's.
  var said: AudioStream?
  var heard: AudioStream?
  /// The INVITE of the phone whose 2xx it has not acknowledged.
  var unacknowledged: TransactionID?
  var ending = Ending.open
  /// Where its media really comes from, as the media thread learned.
  var latched: SocketAddress?
  /// An offer that the exchange itself owes the phone, or has made it.
  var reoffer: Reoffer?
  /// Whether the phone has sent a REFER in this dialog.
  var hasReferred = false
  /// Whether the phone says that it serves UPDATE.
  var allowsUpdate = false
  var timer: SessionTimer?
  /// The last provisional response to a re-INVITE of ours that was acknowledged.
  var lastRAck: RAck?
  /// Of a leg to the outside; nil of a phone. `mayJoin` says which may be joined.
  var trunk: TrunkLeg?

  var status: LegStatus {
    var status = LegStatus(signalling: dialog.flow.text, port: port)
    if let said, let heard {
      status.codec = Negotiation.codecName(said: said, heard: heard)
    }
    status.further = (heard?.further ?? []).compactMap { theirs in
      said?.further.contains { $0.number == theirs.number } == true ? theirs.line.kind : nil
    }
    status.media = (latched ?? heard?.address)?.description
    return status
  }

  /// Whether its RTCP goes by the port of RTP; then that is offered again.
  var muxesControl: Bool { heard.map { session.muxesControl(with: $0) } ?? false }

  var isOpen: Bool {
    guard case .open = ending else { return false }
    return true
  }

  /// Whether the phone put the call on hold, or was put on hold.
  var isHeld: Bool {
    guard let said, let heard else { return false }
    return said.direction.limited(to: heard.direction.mirrored) != .sendrecv
  }
}

extension Flow {
  /// For the log and the status: `udp 192.0.2.7:5060`.
  var text: String { transport.parameterName + " " + remote.description }
}
