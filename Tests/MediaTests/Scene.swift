import Codecs
import RTP
import Wire

@testable import Media

func address(_ text: String, _ port: UInt16) -> SocketAddress { SocketAddress(IPAddress(text)!, port: port) }

/// A stream between two phones in virtual time, with helpers to let anyone send.
final class Scene {
  static let phoneA = address("192.0.2.10", 4000)
  static let phoneB = address("192.0.2.20", 5000)
  let studio = Studio(seed: 1)
  var stream: RelayStream
  var now = Instant.zero
  var moved = false
  let laws = G711Conversion()

  static func leg(
    _ remote: SocketAddress?, _ payloads: [Payload] = [Payload(0, .pcmu), Payload(101, .telephoneEvent)],
    signalling: IPAddress? = nil, takes: Bool = true, gives: Bool = true
  ) -> Leg {
    Leg(
      port: 16384, remote: remote, signalling: signalling, accepts: payloads, sends: payloads, takesMedia: takes,
      givesMedia: gives)
  }

  init(a: Leg = leg(phoneA), b: Leg? = leg(phoneB)) {
    stream = RelayStream(now: .zero, studio: studio)
    stream.set(.a, a, now: now)
    if let b { stream.set(.b, b, now: now) }
  }

  /// Sends one packet to the side's port; returns the outcome and the packet as it was changed.
  @discardableResult
  func send(
    _ side: Side, from: SocketAddress, sequence: UInt16 = 1, ssrc: UInt32 = 7, payload: UInt8 = 0, marker: Bool = false,
    _ octets: [UInt8] = [0, 127, 128, 255]
  ) -> (outcome: RelayStream.Outcome, packet: [UInt8]) {
    let header = RTPHeader(
      marker: marker, payloadType: payload, sequence: sequence, timestamp: UInt32(sequence) * 160, ssrc: ssrc)
    var packet = header.packet(octets)
    moved = false
    let outcome = packet.withUnsafeMutableBytes {
      stream.receive($0, side: side, from: from, now: now, laws: laws, moved: &moved)
    }
    return (outcome, packet)
  }

  func sendControl(_ side: Side, from: SocketAddress, ssrc: UInt8) -> RelayStream.Outcome {
    let report: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, ssrc]
    return report.withUnsafeBytes { stream.receiveControl($0, side: side, from: from, now: now) }
  }

  func fellSilent(patience: Interval = .seconds(60)) -> Bool { stream.fellSilent(now: now, patience: patience) }

  func counts(_ side: Side) -> LegStatistics { side == .a ? stream.statistics.a : stream.statistics.b! }
}
