/// What many measured delays come to, in microseconds.
public struct DelayStatistics: Equatable, Sendable {
  public let count: Int
  public let minimum: Int64
  public let median: Int64
  public let mean: Int64
  public let p95: Int64
  public let p99: Int64
  public let maximum: Int64
  /// Of a sample, so with one less than the count; 0 for a single one.
  public let deviation: Int64

  /// Nil where there are none.
  @export(interface)
  public init?(_ delays: [Int64]) {
    guard !delays.isEmpty else { return nil }
    let sorted = delays.sorted()
    count = sorted.count
    /// The least that so many per cent do not exceed.
    func rank(_ percent: Int) -> Int64 { sorted[max(1, (sorted.count * percent + 99) / 100) - 1] }
    minimum = sorted[0]
    maximum = sorted[sorted.count - 1]
    median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    (p95, p99) = (rank(95), rank(99))
    let mean = sorted.reduce(0.0) { $0 + Double($1) } / Double(sorted.count)
    self.mean = Int64(mean.rounded())
    let squares = sorted.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    deviation = sorted.count > 1 ? Int64((squares / Double(sorted.count - 1)).squareRoot().rounded()) : 0
  }
}
