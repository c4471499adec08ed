import Delay
import Phone
import Wire

/// The sound of a call that measures delay: says markers, and keeps what is heard.
final class DelayProbe: Sound {
  let trials: Trials
  /// Samples said so far.
  private var said = 0
  private var heard: [Int16] = []
  /// How much was heard before anything was said.
  private var before = 0
  /// Places in what was said where time was left out.
  private var gaps: [Int] = []
  /// How long packets waited that were heard, at each place of `heard`, where that changed.
  private var holds: [(place: Int, time: Interval)] = []
  private(set) var roundTrips: [Interval] = []
  private(set) var terms: MediaTerms?
  private(set) var isSecured = false

  init(_ trials: Trials) {
    self.trials = trials
    super.init(rate: trials.marker.rate)
  }

  override var isOver: Bool { said >= trials.said.count }

  override func read(into samples: UnsafeMutableBufferPointer<Int16>) {
    if said == 0 { before = heard.count }
    for i in samples.indices { samples[i] = said + i < trials.said.count ? trials.said[said + i] : 0 }
    said += samples.count
  }

  override func write(_ samples: UnsafeBufferPointer<Int16>) { heard += samples }

  override func observe(_ path: VoicePath) {
    terms = path.terms
    isSecured = path.endSecurity == .secured
    let quality = path.quality
    if quality.held != holds.last?.time { holds.append((heard.count, quality.held)) }
    // Whatever is the same again was told by the same report.
    if let trip = quality.roundTrip, trip != roundTrips.last { roundTrips.append(trip) }
  }

  override func skipped() { gaps.append(said) }

  /// From mouth to ear and back, and how long the packets waited here in which it came.
  struct Trial {
    /// Nil where the marker did not come back.
    var delay: Interval?
    var held: Interval?
    /// 0…1, how much of what was heard was the marker.
    var likeness: Double
  }

  /// Of each marker that was said.
  func results() -> [Trial] {
    guard let terms else { return [] }
    // A sample was at the microphone a packet before the packet was made.
    let packet = Interval.milliseconds(Int64(terms.packetTime))
    let found = trials.find(in: heard.dropFirst(before))
    var results: [Trial] = []
    for (place, found) in zip(trials.places, found) {
      let isWhole = !gaps.contains { $0 >= place && $0 <= place + (Trials.longest + 100) * rate / 1000 }
      guard let found, isWhole else {
        results.append(Trial(likeness: 0))
        continue
      }
      let middle = before + place + found.sample + trials.marker.samples.count / 2
      results.append(
        Trial(
          delay: packet + .microseconds(Int64(found.sample) * 1_000_000 / Int64(rate)),
          held: holds.last { $0.place <= middle }?.time, likeness: found.likeness))
    }
    return results
  }
}
