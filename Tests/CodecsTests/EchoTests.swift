import Codecs
import Foundation
import SimNet
import Testing

/// A loudspeaker and a microphone in a room, behind a sound card that moves 5 ms at a time, in virtual time.
private struct Room {
  static let rate = 16000
  static let period = rate / 200
  private var generator = SeededGenerator(seed: 7)
  /// The ways from the loudspeaker to the microphone: samples, and how much is left.
  private var ways: [(delay: Int, gain: Double)] = []
  private var air = [Double](repeating: 0, count: rate)
  private var queue = [Int16](repeating: 0, count: 3 * period)
  private var far = (0.0, 0.0)
  private var near = (0.0, 0.0)
  private var reference = EchoReference(rate: rate)
  private let cleaner: VoiceCleaner
  private var fifo: [Int16] = []
  private(set) var heard: [Int16] = []
  private(set) var said: [Int16] = []
  private(set) var cleaned: [Int16] = []

  init(noise: Bool) throws {
    cleaner = try #require(VoiceCleaner(rate: Self.rate, echo: true, noise: noise))
    // 18 ms of nothing, then reflections for 40 ms.
    for i in 0..<40 {
      ways.append((Self.rate * 18 / 1000 + 16 * i + Int(generator.next() % 16), 0.4 * draw() * exp(-Double(i) / 8)))
    }
  }

  /// Even between -1 and 1.
  private mutating func draw() -> Double { Double(Int64(bitPattern: generator.next()) >> 11) * 0x1p-52 }

  /// Something like speech: noise with a formant at 1200 Hz, in syllables of a quarter of a second.
  private mutating func syllables(_ filter: WritableKeyPath<Self, (Double, Double)>, at time: Int) -> Int16 {
    let (last, before) = self[keyPath: filter]
    let next = 1.6 * last - 0.8 * before + draw()
    self[keyPath: filter] = (next, last)
    let loudness = time % (Self.rate / 4) < Self.rate / 5 ? 1.0 : 0.02
    return Int16(clamping: Int(2000 * loudness * next))
  }

  mutating func run(seconds: Int, far isFar: Bool, near isNear: Bool) {
    for _ in 0..<seconds * 200 {
      // The card plays a period, and captures another at the same time.
      for _ in 0..<Self.period {
        air.append(Double(queue.removeFirst()))
        let sum = ways.reduce(0.0) { $0 + $1.gain * air[air.count - 1 - $1.delay] }
        let voice = isNear ? syllables(\.near, at: said.count + 1500) : 0
        said.append(voice)
        fifo.append(Int16(clamping: Int(sum) + Int(voice)))
      }
      // A card knows its place to a millisecond.
      reference.measure(waiting: queue.count + Int(16 * draw()), unread: fifo.count + Int(16 * draw()))
      var more: [Int16] = []
      for i in 0..<Self.period { more.append(isFar ? syllables(\.far, at: heard.count + i) : 0) }
      more.withUnsafeBufferPointer { reference.play($0) }
      queue += more
      while fifo.count >= cleaner.count {
        var step = Array(fifo[..<cleaner.count])
        var played = step
        fifo.removeFirst(cleaner.count)
        heard += step
        played.withUnsafeMutableBufferPointer { reference.take(into: $0) }
        step.withUnsafeMutableBufferPointer { heard in
          played.withUnsafeBufferPointer { cleaner.clean(heard, played: $0) }
        }
        cleaned += step
      }
    }
  }
}

private func energy(_ samples: ArraySlice<Int16>) -> Double {
  samples.reduce(1.0) { $0 + Double($1) * Double($1) }
}

private func decibels(_ a: ArraySlice<Int16>, over b: ArraySlice<Int16>) -> Double {
  10 * log10(energy(a) / energy(b))
}

@Suite struct EchoTests {
  /// Seconds of a run, as samples.
  private func seconds(_ range: Range<Int>) -> Range<Int> {
    range.lowerBound * Room.rate..<range.upperBound * Room.rate
  }

  @Test(arguments: [false, true]) func theLoudspeakersEchoIsTakenOutAfterTwoSeconds(noise: Bool) throws {
    var room = try Room(noise: noise)
    room.run(seconds: 4, far: true, near: false)
    let loss = decibels(room.heard[seconds(2..<4)], over: room.cleaned[seconds(2..<4)])
    #expect(energy(room.heard[seconds(2..<4)]) > 1e9)
    #expect(loss >= 15, "\(loss) dB")
  }

  @Test func whoSpeaksIsHeardWithAndWithoutAnEcho() throws {
    var room = try Room(noise: false)
    room.run(seconds: 3, far: true, near: false)
    room.run(seconds: 2, far: true, near: true)
    room.run(seconds: 2, far: false, near: true)
    for (range, least, name) in [(seconds(3..<5), 0.75, "both speak"), (seconds(5..<7), 0.95, "one speaks")] {
      // What comes out is a step later.
      let late = Room.rate / 100
      let out = room.cleaned[range.lowerBound + late..<range.upperBound]
      let voice = room.said[range.lowerBound..<range.upperBound - late]
      var product = 0.0
      for (a, b) in zip(out, voice) { product += Double(a) * Double(b) }
      let likeness = product / (energy(out) * energy(voice)).squareRoot()
      #expect(likeness > least, "\(name): \(likeness)")
      #expect(abs(decibels(out, over: voice)) < 4, "\(name): \(decibels(out, over: voice)) dB")
    }
  }

  @Test func aCardThatIsALittleOffDoesNotMoveTheEcho() {
    var reference = EchoReference(rate: 16000)
    var generator = SeededGenerator(seed: 3)
    var counter: Int16 = 0
    var steps: Set<Int> = []
    var before: Int16?
    for period in 0..<4000 {
      var samples = [Int16](repeating: 0, count: 80)
      for i in samples.indices {
        counter = counter &+ 1
        samples[i] = counter
      }
      samples.withUnsafeBufferPointer { reference.play($0) }
      // It waits for 15 ms, give or take one.
      reference.measure(waiting: 240 + Int(generator.next() % 32) - 16, unread: 80)
      samples.withUnsafeMutableBufferPointer { reference.take(into: $0) }
      guard period > 20 else { continue }
      if let before { steps.insert(Int(samples[0] &- before)) }
      before = samples[79]
    }
    #expect(steps == [1])
  }
}
