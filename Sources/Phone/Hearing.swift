import Codecs
import RTP
import SRTP
import SecureVoice
import Wire

/// From packets to samples.
extension VoicePath {
  /// Takes a datagram that came to the port of voice, from the address that the other end named.
  @export(interface)
  public func receive(_ datagram: [UInt8], now: Instant) {
    guard let terms else { return }
    var packet = datagram
    packet.withUnsafeMutableBytes { room in
      var bytes = room
      if terms.keys != nil {
        guard let receiver, case .opened(let count) = receiver.unprotect(room) else {
          refused &+= 1
          return
        }
        bytes = UnsafeMutableRawBufferPointer(rebasing: room[..<count])
      }
      take(UnsafeRawBufferPointer(bytes), terms, now)
    }
    takeSecureEvents()
  }

  private func take(_ packet: UnsafeRawBufferPointer, _ terms: MediaTerms, _ now: Instant) {
    guard let header = RTPHeader(packet) else { return }
    let payload = UnsafeRawBufferPointer(
      rebasing: packet[header.payloadOffset..<header.payloadOffset + header.payloadCount])
    if header.payloadType == terms.keysIn {
      reports.reception.take(header, ticks: 0, now: now)
      // In a secured call whoever presses these is not the other phone.
      if secured?.call.isSecured != true, let key = heardKeys.take(header.timestamp, payload).change, key.begins {
        events.append(.key(key.digit))
      }
      return
    }
    guard let format = terms.accepts.first(where: { $0.payloadType == header.payloadType }) else { return }
    reports.reception.take(header, ticks: format.coding.ticks, now: now)
    guard secured != nil else { return playout.put(header, payload, format.coding, now: now) }
    withUnsafeTemporaryAllocation(byteCount: secured?.carrier.voiceCount ?? 0, alignment: 8) { room in
      switch secured?.call.receive(payload, into: room, now: now) {
      case .voice(let count, let counter)?:
        put(counter, UnsafeRawBufferPointer(rebasing: room[..<count]), now)
      case .key(let press, let counter)?:
        events.append(.key(press.digit))
        put(counter, UnsafeRawBufferPointer(rebasing: room[..<0]), now)
      case .plain?, nil: if terms.receives { playout.put(header, payload, format.coding, now: now) }
      case .nothing?, .foreign?: break
      }
    }
  }

  /// Secured voice is put in order by its counters alone, whatever an exchange made of RTP's fields.
  private func put(_ counter: UInt64, _ voice: UnsafeRawBufferPointer, _ now: Instant) {
    guard let header = secured?.place(counter, now: now) else { return }
    playout.put(header, voice, .opus, now: now)
  }

  /// What is heard next, in any number of samples: the fewer at a time, the less waits for them.
  @export(interface)
  public func hear(_ samples: UnsafeMutableBufferPointer<Int16>, now: Instant) {
    playout.fill(samples, now: now)
    guard var (tone, left) = alarm else { return }
    let count = min(left, samples.count)
    withUnsafeTemporaryAllocation(of: Int16.self, capacity: count) { room in
      tone.fill(room)
      for i in 0..<count { samples[i] = Int16(clamping: Int32(samples[i]) / 2 + Int32(room[i])) }
    }
    left -= count
    alarm = left > 0 ? (tone, left) : nil
  }
}
