import Codecs
import RTP
import Wire

/// What comes of one source, from packets to samples: held until each is due, decoded, made up where it is lost.
final class Playout {
  /// Samples a second that are given.
  let rate: Int
  /// Packets for which something was made up.
  private(set) var concealed: UInt32 = 0
  /// How long the packet waited that is heard now.
  private(set) var held = Interval.zero
  private var buffer: PlayoutBuffer
  /// How long packets are held at least.
  private let least: Interval
  private var decoder: VoiceDecoder?
  private var resampler: Resampler?
  /// Milliseconds of each packet.
  private var packetTime: Int
  private var ready: [Int16] = []
  private var room: [Int16]

  init(rate: Int, packetTime: Int, least: Interval) {
    self.rate = rate
    self.packetTime = packetTime
    self.least = least
    buffer = PlayoutBuffer(packetTime: packetTime, ticks: VoiceCoding.muLaw.ticks, least: least)
    room = [Int16](repeating: 0, count: PacketTime.longest * 48)
  }

  /// How long a packet is held that comes at its earliest.
  var delay: Interval { buffer.delay }

  func put(_ header: RTPHeader, _ payload: UnsafeRawBufferPointer, _ coding: VoiceCoding, now: Instant) {
    if decoder?.coding != coding { use(coding) }
    let octets = payload.bindMemory(to: UInt8.self)
    if let decoder {
      let time = decoder.count(in: octets) * 1000 / decoder.rate
      if time != packetTime && time >= PacketTime.least && time <= PacketTime.most {
        packetTime = time
        buffer = PlayoutBuffer(packetTime: time, ticks: coding.ticks, least: least)
      }
    }
    buffer.put(header, payload, now: now)
  }

  private func use(_ coding: VoiceCoding) {
    decoder = VoiceDecoder(coding, rate: rate)
    buffer = PlayoutBuffer(packetTime: packetTime, ticks: coding.ticks, least: least)
    resampler = try? Resampler(from: decoder?.rate ?? rate, to: rate)
    // Then there is silence.
    if resampler == nil { decoder = nil }
  }

  /// The next samples, `out` full of them.
  func fill(_ out: UnsafeMutableBufferPointer<Int16>, now: Instant) {
    while ready.count < out.count {
      switch buffer.take(now: now) {
      case .packet(let packet):
        held = max(.zero, now - packet.arrived)
        let count = buffer.withPayload(of: packet) { payload in decode(payload.bindMemory(to: UInt8.self)) }
        if count > 0 { give(count) } else { conceal() }
      case .missing: conceal()
      // No more than is needed: whoever speaks next is heard from the next frame on.
      case .silent: ready.append(contentsOf: repeatElement(0, count: out.count - ready.count))
      }
    }
    for i in out.indices { out[i] = ready[i] }
    ready.removeFirst(out.count)
  }

  private func decode(_ payload: UnsafeBufferPointer<UInt8>) -> Int {
    guard let decoder, payload.count > 0 else { return 0 }
    return room.withUnsafeMutableBufferPointer { decoder.decode(payload, into: $0) }
  }

  private func conceal() {
    concealed &+= 1
    guard let decoder else {
      ready.append(contentsOf: repeatElement(0, count: packetTime * rate / 1000))
      return
    }
    let wanted = packetTime * decoder.rate / 1000
    let made = room.withUnsafeMutableBufferPointer { room in
      decoder.conceal(
        UnsafeMutableBufferPointer(rebasing: room[..<wanted]), before: UnsafeBufferPointer(start: nil, count: 0))
    }
    for i in made..<max(made, wanted) { room[i] = 0 }
    give(wanted)
  }

  /// So many decoded samples are ready to be heard, at the rate that is wanted.
  private func give(_ count: Int) {
    guard let decoder else { return }
    let most = count * rate / decoder.rate
    let had = ready.count
    ready.append(contentsOf: repeatElement(0, count: most))
    let made = room.withUnsafeBufferPointer { from in
      ready.withUnsafeMutableBufferPointer { to in
        resampler?.process(
          UnsafeBufferPointer(rebasing: from[..<count]), into: UnsafeMutableBufferPointer(rebasing: to[had...])) ?? 0
      }
    }
    ready.removeLast(most - made)
  }
}
