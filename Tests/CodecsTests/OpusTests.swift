import Codecs
import Foundation
import Testing

@Suite struct OpusTests {
  private func tone(_ rate: Int, _ frames: Int) -> [[Int16]] {
    (0..<frames).map { frame in
      (0..<rate / 50).map { i in
        Int16(8000 * sin(2 * .pi * 400 * Double(frame * rate / 50 + i) / Double(rate)))
      }
    }
  }

  private func encoded(_ frame: [Int16], by encoder: inout OpusEncoder) -> [UInt8] {
    var octets = [UInt8](repeating: 0, count: 1276)
    let count = octets.withUnsafeMutableBufferPointer { room in
      frame.withUnsafeBufferPointer { encoder.encode($0, into: room) }
    }
    return Array(octets[..<count])
  }

  private func decoded(_ packet: [UInt8]?, before next: [UInt8] = [], by decoder: inout OpusDecoder) -> [Int16] {
    var samples = [Int16](repeating: 0, count: Int(decoder.rate) / 50)
    let count = samples.withUnsafeMutableBufferPointer { room in
      if let packet { return packet.withUnsafeBufferPointer { decoder.decode($0, into: room) } }
      return next.withUnsafeBufferPointer { decoder.conceal(room, before: $0) }
    }
    return Array(samples[..<count])
  }

  private func level(_ samples: [Int16]) -> Double {
    (samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(max(1, samples.count))).squareRoot()
  }

  @Test(arguments: [8000, 16000, 48000])
  func atAConstantBitRateEachPacketHasTheSameSize(rate: Int) throws {
    var encoder = try OpusEncoder(rate: Int32(rate))
    var decoder = try OpusDecoder(rate: Int32(rate))
    for (i, frame) in tone(rate, 50).enumerated() {
      let packet = encoded(frame, by: &encoder)
      #expect(packet.count == 120, "48 kbit/s of 20 ms")
      let count = packet.withUnsafeBufferPointer { OpusDecoder.count(in: $0, rate: 48000) }
      #expect(count == 960)
      let heard = decoded(packet, by: &decoder)
      #expect(heard.count == rate / 50)
      if i > 3 { #expect(abs(level(heard) - 5657) < 300) }
    }
  }

  @Test func whatWasLostIsTakenFromThePacketAfterIt() throws {
    var settings = OpusSettings(bitrate: 32000)
    settings.expectedLoss = 20
    var encoder = try OpusEncoder(rate: 16000, settings)
    var decoder = try OpusDecoder(rate: 16000)
    var lossy = try OpusDecoder(rate: 16000)
    // Like a voice: pulses whose pitch glides and whose loudness comes and goes by syllables.
    var phase = 0.0
    let frames = (0..<60).map { frame in
      (0..<320).map { i in
        let time = Double(frame * 320 + i) / 16000
        phase += (120 + 60 * sin(2 * .pi * 2.1 * time)) / 16000
        let loudness = 0.5 - 0.5 * cos(2 * .pi * 4 * time)
        return Int16(9000 * loudness * exp(-8 * (phase - phase.rounded(.down))) * sin(2 * .pi * 700 * time))
      }
    }
    let packets = frames.map { encoded($0, by: &encoder) }
    func distance(_ a: [Int16], _ b: [Int16]) -> Double { level(zip(a, b).map { $0 &- $1 }) }
    var (again, made) = (0.0, 0.0)
    for i in packets.indices.dropLast() {
      let heard = decoded(packets[i], by: &decoder)
      guard i % 10 == 5 else {
        _ = decoded(packets[i], by: &lossy)
        continue
      }
      // The same loss with and without what the next packet holds: the decoder without it is only asked, not kept.
      again += distance(decoded(nil, before: packets[i + 1], by: &lossy), heard)
      made += level(heard)
    }
    #expect(again < made * 0.7, "\(again) of \(made)")
  }

  @Test func withoutThePacketAfterItTheLastOneGoesOn() throws {
    var encoder = try OpusEncoder(rate: 16000)
    var decoder = try OpusDecoder(rate: 16000)
    for frame in tone(16000, 10) { _ = decoded(encoded(frame, by: &encoder), by: &decoder) }
    #expect(level(decoded(nil, by: &decoder)) > 2000)
  }

  @Test func whatIsNoPacketGivesNoSamples() throws {
    var decoder = try OpusDecoder(rate: 8000)
    #expect(decoded([], by: &decoder).isEmpty)
    #expect(decoded([0xff], by: &decoder).isEmpty)
    for _ in 0..<2000 {
      _ = decoded((0..<Int.random(in: 1...80)).map { _ in UInt8.random(in: 0...255) }, by: &decoder)
    }
  }

  @Test func ratesThatOpusHasNotAreRefused() {
    var refused = 0
    do { _ = try OpusDecoder(rate: 44100) } catch { refused += error == .opusRate(44100) ? 1 : 0 }
    do { _ = try OpusEncoder(rate: 11025) } catch { refused += error == .opusRate(11025) ? 1 : 0 }
    #expect(refused == 2)
  }

  @Test func framesOfOtherLengthsAreNotEncoded() throws {
    var encoder = try OpusEncoder(rate: 8000)
    #expect(encoded([Int16](repeating: 0, count: 161), by: &encoder).isEmpty)
    #expect(encoded([], by: &encoder).isEmpty)
  }

  @Test(arguments: [(8000, 16000), (16000, 8000), (48000, 16000), (16000, 48000)])
  func aResampledToneIsTheSameTone(from: Int, to: Int) throws {
    var resampler = try Resampler(from: from, to: to)
    var heard: [Int16] = []
    for frame in tone(from, 50) {
      var room = [Int16](repeating: 0, count: 2000)
      let count = room.withUnsafeMutableBufferPointer { out in
        frame.withUnsafeBufferPointer { resampler.process($0, into: out) }
      }
      #expect(count == to / 50)
      heard += room[..<count]
    }
    let settled = Array(heard.dropFirst(to / 10))
    // It crosses zero 800 times a second; where it touches zero, it may seem to do so twice.
    let crossings = zip(settled, settled.dropFirst()).count { ($0 < 0) != ($1 < 0) }
    #expect(abs(crossings - 720) < 25)
    #expect(abs(level(settled) - 5657) < 60)
  }
}

@Suite struct ConcealmentTests {
  @Test(arguments: [8000, 16000])
  func whatWasHeardGoesOnFadesAndGivesWay(rate: Int) {
    var concealment = Concealment(rate: rate)
    let frame = rate / 50
    func tone(_ at: Int) -> [Int16] {
      (0..<frame).map { Int16(8000 * sin(2 * .pi * 150 * Double(at * frame + $0) / Double(rate))) }
    }
    func level(_ samples: [Int16]) -> Double {
      (samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(frame)).squareRoot()
    }
    for i in 0..<5 {
      var heard = tone(i)
      heard.withUnsafeMutableBufferPointer { concealment.heard($0) }
      #expect(heard == tone(i), "what is heard is left alone")
    }
    var made = [[Int16]](repeating: [Int16](repeating: 1, count: frame), count: 5)
    for i in 0..<5 { made[i].withUnsafeMutableBufferPointer { concealment.conceal($0) } }
    // The tone goes on in phase.
    let expected = tone(5)
    let error = (0..<frame).map { abs(Int(made[0][$0]) - Int(expected[$0])) }.max() ?? 0
    #expect(error < 2500, "\(error)")
    let levels = made.map(level)
    #expect(levels[0] > 4000 && levels[1] < levels[0] && levels[2] < levels[1])
    #expect(made[3].allSatisfy { $0 == 0 } && made[4].allSatisfy { $0 == 0 })
    var again = tone(10)
    again.withUnsafeMutableBufferPointer { concealment.heard($0) }
    #expect(again[0] == 0 && again != tone(10) && again[frame - 1] == tone(10)[frame - 1])
  }

  @Test func silenceAndNoiseAreConcealedToo() {
    var concealment = Concealment(rate: 8000)
    var samples = [Int16](repeating: 5, count: 160)
    samples.withUnsafeMutableBufferPointer { concealment.conceal($0) }
    #expect(samples.allSatisfy { $0 == 0 })
    for _ in 0..<20 {
      var noise = (0..<160).map { _ in Int16.random(in: -32768...32767) }
      noise.withUnsafeMutableBufferPointer { concealment.heard($0) }
      noise.withUnsafeMutableBufferPointer { concealment.conceal($0) }
    }
  }
}
