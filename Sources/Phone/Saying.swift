import Codecs
import RTP
import SRTP
import SecureVoice
import Wire

/// From samples to packets.
extension VoicePath {
  /// Says the samples of one packet time, `packetTime * rate / 1000` of them.
  @export(interface)
  public func say(_ samples: UnsafeBufferPointer<Int16>, now: Instant) {
    guard let terms else { return }
    defer { stream.timestamp &+= UInt32(packetTime) &* terms.format.coding.ticks }
    guard terms.remote != nil, terms.sends else { return }
    if let (event, began) = keys.next(packetTime, at: stream.timestamp), let number = terms.keysOut {
      let payload = [UInt8](unsafeUninitializedCapacity: TelephoneEvent.size) { room, count in
        count = event.write(to: room)
      }
      for _ in 0..<event.copies { send(payload, number, marker: event.begins && !hidesSpeech, timestamp: began) }
      return
    }
    withUnsafeTemporaryAllocation(of: Int16.self, capacity: samples.count) { room in
      _ = room.update(fromContentsOf: samples)
      if isMuted { room.update(repeating: 0) }
      let said = UnsafeBufferPointer(room)
      switch secured?.fill(said, now: now) {
      case .payload(let bytes)?: send(bytes, terms.format.payloadType, marker: false)
      case .silence?: break
      case .plain?, nil: sendPlain(said, terms)
      }
    }
    takeSecureEvents()
  }

  private func sendPlain(_ samples: UnsafeBufferPointer<Int16>, _ terms: MediaTerms) {
    guard let encoder else { return }
    let most = packetTime * encoder.rate / 1000
    let bytes = withUnsafeTemporaryAllocation(of: Int16.self, capacity: most) { frame -> [UInt8] in
      let made = resampler?.process(samples, into: frame) ?? 0
      // The first frames lack what the filter holds back.
      for i in made..<most { frame[i] = 0 }
      return [UInt8](unsafeUninitializedCapacity: 1276) { out, count in
        let room = encoder.coding == .opus ? min(out.count, hidesSpeech ? packetTime * 8 : 1276) : out.count
        let target = UnsafeMutableBufferPointer(rebasing: out[..<room])
        target.initialize(repeating: 0)
        count = encoder.encode(UnsafeBufferPointer(frame), into: target)
      }
    }
    guard !bytes.isEmpty else { return }
    send(bytes, terms.format.payloadType, marker: stream.isMarked && !hidesSpeech)
  }

  /// Sends a packet with that payload.
  func send(_ payload: [UInt8], _ type: UInt8, marker: Bool, timestamp: UInt32? = nil) {
    let count = RTPHeader.size + payload.count
    let growth = sender?.growth() ?? 0
    guard terms?.keys == nil || sender != nil else { return }
    var packet = [UInt8](repeating: 0, count: count + growth)
    let length = packet.withUnsafeMutableBytes { room -> Int in
      stream.write(to: room, payloadType: type, marker: marker, timestamp: timestamp ?? stream.timestamp)
      UnsafeMutableRawBufferPointer(rebasing: room[RTPHeader.size...]).copyBytes(from: payload)
      guard let sender else { return count }
      return sender.protect(room, count: count)
    }
    stream.sent(payload.count)
    guard length > 0 else { return }
    packet.removeLast(packet.count - length)
    outgoing.append(Outgoing(bytes: packet, isControl: false))
  }
}
