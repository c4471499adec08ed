import Codecs
import RTP
import Wire

/// What goes through a decoded stream without being decoded, in the stream's numbers and times.
extension Transcoder {
  /// A key press, whose packets all have the time of its beginning (RFC 4733 §2.5.1.1).
  func passEvent(_ timestamp: UInt32, _ payload: UnsafeRawBufferPointer, _ out: Outbox) {
    let size = TelephoneEvent.size
    guard let number = sends.first(where: { $0.format == .telephoneEvent })?.number, payload.count >= size else {
      return
    }
    let isNew = event?.heard != timestamp
    if isNew {
      sendRest(out)
      event = (timestamp, stream.timestamp &+ UInt32(bitPattern: late(timestamp)))
    }
    let said = event?.said ?? stream.timestamp
    write(number, marker: isNew, timestamp: said, out) { room in
      for i in 0..<size { room[i] = payload[i] }
      return size
    }
  }

  /// How long after the time that is due a packet begins, in ticks of what is sent.
  private func late(_ timestamp: UInt32) -> Int32 {
    guard let expected, let decoder else { return 0 }
    let gap =
      Int64(Int32(bitPattern: timestamp &- expected)) * Int64(encoder.coding.ticks) / Int64(decoder.coding.ticks)
    return Int32(clamping: max(0, gap))
  }

  /// What the other phone takes as it is.
  func pass(
    _ format: PayloadFormat, _ number: UInt8, _ timestamp: UInt32, _ payload: UnsafeRawBufferPointer, _ out: Outbox
  ) {
    sendRest(out)
    let octets = payload.assumingMemoryBound(to: UInt8.self)
    if let expected {
      let gap = Int32(bitPattern: timestamp &- expected)
      if gap > 0 { stream.timestamp &+= UInt32(gap) }
    }
    let count = min(octets.count, Outbox.longest - RTPHeader.size)
    write(number, marker: stream.isMarked, timestamp: stream.timestamp, out) { room in
      for i in 0..<count { room[i] = octets[i] }
      return count
    }
    let ticks = format == .comfortNoise ? 0 : Transcoder.ticks(of: format, octets)
    stream.timestamp &+= ticks
    expected = timestamp &+ ticks
    decoder = nil
  }

  private static func ticks(of format: PayloadFormat, _ octets: UnsafeBufferPointer<UInt8>) -> UInt32 {
    switch VoiceCoding(format) {
    case .muLaw, .aLaw, .g722: UInt32(octets.count)
    case .opus: UInt32(OpusDecoder.count(in: octets, rate: 48000))
    case nil: 0
    }
  }
}
