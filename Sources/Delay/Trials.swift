/// Markers that are said one after another, and where each must be looked for.
public struct Trials: Sendable {
  /// What comes later counts as lost, in milliseconds.
  public static let longest = 1000
  /// From the beginning to the first marker: whoever returns it may still be agreeing on keys.
  private static let lead = 2500
  /// Between the ends of two searches, so that each marker has its own.
  private static let pause = 200

  public let marker: Marker
  /// The sound, a second and more of silence behind each marker.
  public let said: [Int16]
  /// The first sample of each marker in it.
  public let places: [Int]

  /// `random` gives numbers for the pauses: none is a whole number of packets, so that markers begin anywhere in one.
  @export(interface)
  public init(_ count: Int, rate: Int, random: () -> UInt64) {
    marker = Marker(rate: rate)
    let window = marker.samples.count + Self.longest * rate / 1000
    var places: [Int] = []
    var place = Self.lead * rate / 1000
    for _ in 0..<count {
      place += Int(random() % UInt64(Self.pause * rate / 1000))
      places.append(place)
      place += window
    }
    var said = [Int16](repeating: 0, count: place)
    for place in places { said.replaceSubrange(place..<place + marker.samples.count, with: marker.samples) }
    self.said = said
    self.places = places
  }

  /// For each marker how many samples later it was heard than said, and how much of it; nil for a lost one. `heard` begins
  /// with the sample that was heard when the first was said.
  @export(interface)
  public func find(in heard: ArraySlice<Int16>) -> [MarkerFinder.Place?] {
    let window = marker.samples.count + Self.longest * marker.rate / 1000
    let finder = MarkerFinder(marker, most: window)
    return places.map { place in
      let start = heard.startIndex + place
      guard start < heard.endIndex else { return nil }
      return finder.find(in: heard[start..<min(start + window, heard.endIndex)])
    }
  }
}
