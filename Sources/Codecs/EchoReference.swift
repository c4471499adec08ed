/// What the loudspeaker played at the time of each captured sample.
///
/// A card tells how far it is with playing and capturing, each time a little off. A canceller bears an echo that comes later
/// and later, but not one that jumps: so the distance between the two counts is averaged, and kept until it is wrong by more
/// than the canceller's filter should follow.
public struct EchoReference: Sendable {
  /// How many measurements the distance is averaged over.
  private static let measurements = 16
  /// Samples, a power of two: what was played in the last 340 ms or longer.
  private static let room = 16384

  /// Samples by which the echo is to seem later than it is, for a card that tells too little of its own delay: 4 ms.
  private let margin: Int64
  /// Samples by which the distance may be wrong: 3 ms.
  private let tolerance: Int64
  private var ring = [Int16](repeating: 0, count: room)
  /// Samples that were played, and that were captured, up to now.
  private var played: Int64 = 0
  private var captured: Int64 = 0
  /// How much further the card is with playing: averaged, in 1/16 of a sample, and as it is used.
  private var average: Int64 = 0
  private var count = 0
  private var distance: Int64?

  public init(rate: Int) {
    margin = Int64(rate) * 4 / 1000
    tolerance = Int64(rate) * 3 / 1000
  }

  /// These go to the card.
  @export(interface)
  public mutating func play(_ samples: UnsafeBufferPointer<Int16>) {
    for sample in samples {
      ring[Int(truncatingIfNeeded: played) & (Self.room - 1)] = sample
      played &+= 1
    }
  }

  /// The card ran out, or over: its counts begin anew.
  @export(interface)
  public mutating func restart() {
    count = 0
    distance = nil
  }

  /// The card is to play `waiting` samples before those that `play` gets next, and captured `unread` that `take` did not take.
  @export(interface)
  public mutating func measure(waiting: Int, unread: Int) {
    let now = (played &- Int64(waiting) &- captured &- Int64(unread)) &* 16
    count = min(Self.measurements, count + 1)
    average = count == 1 ? now : average &+ (now &- average) / Int64(count)
    let rounded = average / 16 &+ margin
    if let distance, abs(rounded &- distance) <= tolerance { return }
    distance = rounded
  }

  /// What was played while the next captured samples were captured; silence as long as that is not known.
  @export(interface)
  public mutating func take(into samples: UnsafeMutableBufferPointer<Int16>) {
    for i in samples.indices {
      let place = captured &+ Int64(i) &+ (distance ?? 0)
      let isKept = distance != nil && place >= 0 && place < played && place >= played &- Int64(Self.room)
      samples[i] = isKept ? ring[Int(truncatingIfNeeded: place) & (Self.room - 1)] : 0
    }
    captured &+= Int64(samples.count)
  }
}
