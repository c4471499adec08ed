import Codecs
import Crypto
import RTP
import SRTP
import SecureVoice
import Wire

/// How a call sounds, as far as packets tell.
public struct VoiceQuality: Hashable, Sendable {
  public var received: UInt32
  /// Packets of the other end's that never came, of those that were expected.
  public var lost: UInt32
  public var expected: UInt32
  /// Microseconds, as RFC 3550 §6.4.1 counts it.
  public var jitter: Int64
  /// Packets for which something was made up.
  public var concealed: UInt32
  /// How long voice waits here until it is heard, as is aimed at, and as the packet waited that was heard last.
  public var buffered: Interval
  public var held: Interval
  /// To whoever answers reports: the exchange, or the other phone.
  public var roundTrip: Interval?
}

extension VoicePath {
  public var quality: VoiceQuality {
    let ticks = Int64(terms?.format.coding.ticks ?? 8)
    let reception = reports.reception
    return VoiceQuality(
      received: reception.received, lost: UInt32(max(0, reception.lost)), expected: reception.expected,
      jitter: Int64(reception.jitter) * 1000 / ticks, concealed: playout.concealed, buffered: playout.delay,
      held: playout.held, roundTrip: reports.roundTrip)
  }

  /// When `wake` is due.
  @export(interface)
  public var nextDeadline: Instant? {
    earliest(terms == nil ? nil : reports.next, secured?.call.nextDeadline)
  }

  @export(interface)
  public func wake(now: Instant) {
    secured?.call.wake(now: now)
    takeSecureEvents()
    guard terms?.remoteControl != nil, let next = reports.next, next <= now else { return }
    reports.next = now + .milliseconds(2500 + Int64(random.next() % 5000))
    report(now)
  }

  private func report(_ now: Instant) {
    guard terms?.keys == nil || sender != nil else { return }
    let growth = sender?.growth(isControl: true) ?? 0
    var packet = [UInt8](repeating: 0, count: Reports.longest + growth)
    let length = packet.withUnsafeMutableBytes { room -> Int in
      let count = reports.write(stream, now: now, to: room)
      guard let sender else { return count }
      return sender.protect(room, count: count, isControl: true)
    }
    guard length > 0 else { return }
    packet.removeLast(packet.count - length)
    outgoing.append(Outgoing(bytes: packet, isControl: true))
  }

  /// Takes a datagram that came to the port of reports.
  @export(interface)
  public func receiveControl(_ datagram: [UInt8], now: Instant) {
    var packet = datagram
    packet.withUnsafeMutableBytes { room in
      var bytes = UnsafeRawBufferPointer(room)
      if terms?.keys != nil {
        guard let receiver, case .opened(let count) = receiver.unprotect(room, isControl: true) else { return }
        bytes = UnsafeRawBufferPointer(rebasing: bytes[..<count])
      }
      if RTCPCompound(bytes) != nil { reports.read(bytes, source: stream.ssrc, now: now) }
    }
  }
}
