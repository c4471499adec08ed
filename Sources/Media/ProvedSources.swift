import Wire

/// The sources from which a phone has proved that it is there, for one component of its stream.
struct ProvedSources: Sendable {
  /// A phone has few addresses; who changes more often loses the oldest.
  static let most = 8
  /// A phone that nominates each pair that it checks, as RFC 5245 allowed, uses the best of them. One that nominates a
  /// lesser pair later than this has left the better one.
  static let patience = Interval.seconds(2)

  private var known: [SocketAddress] = []
  private(set) var nominated: SocketAddress?
  private var priority: UInt32 = 0
  private var nominatedAt = Instant.zero

  func contains(_ source: SocketAddress) -> Bool { known.contains(source) }

  /// Takes a check that was right; whether another source is nominated by it than before.
  mutating func take(_ source: SocketAddress, nominates: Bool, priority: UInt32, now: Instant) -> Bool {
    if !known.contains(source) {
      if known.count >= Self.most, let oldest = known.firstIndex(where: { $0 != nominated }) {
        known.remove(at: oldest)
      }
      known.append(source)
    }
    guard nominates else { return false }
    let isNew = nominated != source
    if isNew, nominated != nil, priority < self.priority, now - nominatedAt < Self.patience { return false }
    nominated = source
    self.priority = priority
    nominatedAt = now
    return isNew
  }
}

/// What ICE has found out of one phone.
struct IceState: Sendable {
  let terms: IceTerms
  var media = ProvedSources()
  /// Where RTCP has a port of its own.
  var control = ProvedSources()

  init(_ terms: IceTerms) { self.terms = terms }
}
