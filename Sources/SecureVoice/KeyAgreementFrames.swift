import Wire

// Frames in and out: cutting, putting together, sending again.
extension KeyAgreement {
  /// Takes a frame that arrived.
  @export(interface)
  public mutating func receive(_ frame: AgreementFrame, now: Instant) {
    if case .failed = state { return }
    if frame.attempt != attempt {
      // The other end's attempt failed. Once voice proved that it has the keys, only someone else can say so.
      guard frame.kind == .hello, frame.attempt > attempt, !isProven else { return }
      fail(.askedAnew, now)
      guard frame.attempt == attempt else { return }
    }
    switch frame.kind {
    case .hello: if frame.count == 1 { receive(hello: frame.data, now) }
    case .have: receive(report: frame.data, now)
    case .commit, .respond, .reveal, .confirm:
      guard incoming?.insert(frame) == true else { return }
      // Said only when the rest fails to come.
      reportAt = now + Self.resendInterval
      guard let incoming, let bytes = incoming.bytes else { return }
      reportAt = nil
      do throws(SecureVoiceFault) { try receive(incoming.kind, bytes, now) } catch { fail(error, now) }
    }
  }

  /// What of the flight came: the rest is sent again at once.
  private mutating func receive(report: [UInt8], _ now: Instant) {
    guard report.count == 5, let i = flight.firstIndex(where: { $0.kind.rawValue == report[0] }) else { return }
    flight[i].held |= report[1...].reduce(0) { $0 << 8 | UInt32($1) }
    if cursor >= frameCount, resendAt != nil { resendAt = now }
  }

  /// The frame that is to be sent in the place of a voice packet now, if any; ask once a packet.
  @export(interface)
  public mutating func nextFrame(now: Instant) -> AgreementFrame? {
    if let reportAt, now >= reportAt, let incoming, incoming.isBegun {
      self.reportAt = now + Self.resendInterval
      let held = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: incoming.held >> UInt32($0)) }
      return AgreementFrame(.have, attempt: attempt, [incoming.kind.rawValue] + held)
    }
    if cursor >= frameCount, let resendAt, now >= resendAt { cursor = 0 }
    var before = 0
    for message in flight {
      let count = message.count(room: room)
      while cursor < before + count {
        let index = cursor - before
        cursor += 1
        if message.isHeld(index) { continue }
        sent(message, now)
        return message.frame(index, room: room, attempt: attempt)
      }
      before += count
    }
    // All of it came, but no answer: whoever answers has yet to do so.
    if !flight.isEmpty, resendAt.map({ now >= $0 }) ?? true { resendAt = now + Self.resendInterval }
    return nil
  }

  private mutating func sent(_ message: OutgoingMessage, _ now: Instant) {
    resendAt = now + Self.resendInterval
    guard state == .calling, message.kind == .hello else { return }
    hellosSent += 1
    guard settings.peer == nil, attempt == 0 else { return }
    // The last one later: a path may take a second until it passes anything.
    if hellosSent == Self.hellosToStrangers - 1 { resendAt = now + .seconds(1) }
    if hellosSent >= Self.hellosToStrangers {
      flight = []
      deadline = now + .seconds(1)
    }
  }

  private var frameCount: Int { flight.reduce(0) { $0 + $1.count(room: room) } }
}
