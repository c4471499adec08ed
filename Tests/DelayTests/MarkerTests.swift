import Codecs
import Foundation
import Testing

@testable import Delay

/// What a path makes of a sound, in frames of 20 ms: through an encoder and a decoder.
private func through(_ coding: VoiceCoding, rate: Int, _ said: [Int16]) throws -> [Int16] {
  let encoder = try #require(
    coding == .opus
      ? VoiceEncoder(OpusSettings(bitrate: 48000), rate: rate) : VoiceEncoder(coding, rate: rate, bitrate: 0))
  let decoder = try #require(VoiceDecoder(coding, rate: rate))
  var heard: [Int16] = []
  var octets = [UInt8](repeating: 0, count: 1276)
  var room = [Int16](repeating: 0, count: rate)
  let frame = rate / 50
  for start in stride(from: 0, to: said.count - frame + 1, by: frame) {
    let count = said[start..<start + frame].withUnsafeBufferPointer { samples in
      octets.withUnsafeMutableBufferPointer { encoder.encode(samples, into: $0) }
    }
    let made = octets[..<count].withUnsafeBufferPointer { packet in
      room.withUnsafeMutableBufferPointer { decoder.decode(packet, into: $0) }
    }
    heard += room[..<made]
  }
  return heard
}

private func sound(_ marker: Marker, at place: Int, of count: Int) -> [Int16] {
  var sound = [Int16](repeating: 0, count: count)
  sound.replaceSubrange(place..<place + marker.samples.count, with: marker.samples)
  return sound
}

@Suite struct MarkerTests {
  @Test(arguments: [8000, 16000, 48000], [0, 1, 777, 4001]) func itIsFoundExactlyWhereItIs(rate: Int, place: Int) {
    let marker = Marker(rate: rate)
    let heard = sound(marker, at: place, of: 12000)
    #expect(MarkerFinder(marker, most: 12000).find(in: heard[...])?.sample == place)
    // Half as loud, and in a part of something longer.
    let part = ([7, 7, 7] + heard.map { $0 / 2 }).dropFirst(3)
    #expect(MarkerFinder(marker, most: 12000).find(in: part)?.sample == place)
  }

  @Test(arguments: [VoiceCoding.muLaw, .aLaw], [0, 333, 1999]) func itIsFoundExactlyThroughG711(
    coding: VoiceCoding, place: Int
  ) throws {
    let marker = Marker(rate: 8000)
    let heard = try through(coding, rate: 8000, sound(marker, at: place, of: 8000))
    let found = try #require(MarkerFinder(marker, most: 8000).find(in: heard[...]))
    #expect(found.sample == place && found.likeness > 0.99)
  }

  /// Opus without its speech codec looks 2.5 ms ahead (RFC 6716 §4.3), and no more.
  @Test(arguments: [8000, 16000, 48000], [0, 333, 1999]) func itIsFoundExactlyThroughOpus(rate: Int, place: Int) throws
  {
    let marker = Marker(rate: rate)
    let heard = try through(.opus, rate: rate, sound(marker, at: place, of: rate))
    let found = try #require(MarkerFinder(marker, most: rate).find(in: heard[...]))
    #expect(abs(found.sample - place - rate / 400) <= 1 && found.likeness > 0.9, "\(found)")
  }

  @Test func neitherNoiseNorSilenceNorAToneNorAQuarterOfItIsTakenForIt() {
    let marker = Marker(rate: 16000)
    let finder = MarkerFinder(marker, most: 16000)
    var generator = SystemRandomNumberGenerator()
    for loudness in [40, 1000, 20000] as [Int16] {
      let noise = (0..<16000).map { _ in Int16.random(in: -loudness...loudness, using: &generator) }
      #expect(finder.find(in: noise[...]) == nil)
    }
    #expect(finder.find(in: [Int16](repeating: 0, count: 16000)[...]) == nil)
    #expect(finder.find(in: [Int16](repeating: 9000, count: 16000)[...]) == nil)
    let tone = (0..<16000).map { Int16(9000 * sin(2 * Double.pi * 1000 * Double($0) / 16000)) }
    #expect(finder.find(in: tone[...]) == nil)
    let cut = Array(marker.samples.prefix(marker.samples.count / 4))
    #expect(finder.find(in: (cut + [Int16](repeating: 0, count: 8000))[...]) == nil)
    #expect(finder.find(in: cut[...]) == nil && finder.find(in: []) == nil)
    // So faint that nobody hears it.
    #expect(finder.find(in: marker.samples.map { $0 / 1000 }[...]) == nil)
  }

  @Test func itIsFoundInNoiseAsLoudAsHalfOfIt() throws {
    let marker = Marker(rate: 16000)
    var generator = SystemRandomNumberGenerator()
    let heard = sound(marker, at: 5000, of: 16000).map { $0 + Int16.random(in: -4000...4000, using: &generator) }
    let found = try #require(MarkerFinder(marker, most: 16000).find(in: heard[...]))
    #expect(abs(found.sample - 5000) <= 1 && found.likeness < 0.99)
  }

  @Test func eachTrialHasItsMarkerAndALostOneIsNotGuessed() {
    var state: UInt64 = 1
    let trials = Trials(6, rate: 8000) {
      state = state &* 6_364_136_223_846_793_005 &+ 1
      return state >> 33
    }
    #expect(Set(trials.places.map { $0 % 160 }).count > 3, "markers begin anywhere in a packet")
    // Each comes back 100 samples later than the one before, the third not at all, the fifth after too long a time.
    var heard = [Int16](repeating: 0, count: trials.said.count + 20000)
    for (number, place) in trials.places.enumerated() where number != 2 {
      let delay = number == 4 ? 9000 : 100 * (number + 1)
      heard.replaceSubrange(place + delay..<place + delay + trials.marker.samples.count, with: trials.marker.samples)
    }
    #expect(trials.find(in: heard[...]).map { $0?.sample } == [100, 200, nil, 400, nil, 600])
    // A call that ended early.
    #expect(trials.find(in: heard[..<(trials.places[1] + 100)]).map { $0?.sample } == [100, nil, nil, nil, nil, nil])
  }
}
