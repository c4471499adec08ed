import VoiceReport

/// Delays that were measured, as people read them.
public struct DelayReport: Sendable {
  /// Where the voice turned round.
  public enum Turn: String, Sendable {
    /// Another phone heard it and said it again, so the way was gone twice, each time with all that delays: half is one way.
    case phone
    /// The exchange sent the packets back, so each was made, held and heard once: it is one way already, to a phone as far
    /// from the exchange as this one.
    case exchange
  }

  /// A part of the way from mouth to ear.
  public struct Part: Sendable {
    public var name: String
    /// Nil where it is not known by itself.
    public var microseconds: Int64?
    public var isMeasured: Bool
    public var note: String

    public init(_ name: String, _ microseconds: Int64?, isMeasured: Bool = false, _ note: String) {
      self.name = name
      self.microseconds = microseconds
      self.isMeasured = isMeasured
      self.note = note
    }
  }

  public let turn: Turn
  /// There and back, in microseconds; nil for a marker that was not found.
  public let trials: [Int64?]
  public let parts: [Part]

  @export(interface)
  public init(_ trials: [Int64?], turn: Turn, parts: [Part]) {
    self.turn = turn
    self.trials = trials
    self.parts = parts
  }

  public var lost: Int { trials.count { $0 == nil } }

  /// From mouth to ear.
  public var oneWay: [Int64?] { trials.map { $0.map { turn == .phone ? $0 / 2 : $0 } } }

  public var statistics: DelayStatistics? { DelayStatistics(oneWay.compactMap { $0 }) }

  /// Of the parts that are known.
  public var sum: Int64 { parts.reduce(0) { $0 + ($1.microseconds ?? 0) } }

  /// What was measured and no part accounts for.
  public var unexplained: Int64? { statistics.map { $0.mean - sum } }

  /// Tables and a histogram.
  @export(interface)
  public var text: String {
    guard let ways = statistics else { return "none of \(trials.count) markers came back\n" }
    var text = "milliseconds" + row(["min", "median", "mean", "p95", "p99", "max", "std dev", "lost"])
    if turn == .phone, let all = DelayStatistics(trials.compactMap { $0 }) { text += line("there+back", all) }
    text += line("one way", ways)
    text +=
      turn == .phone
      ? "The other phone heard each marker and said it again. One way, from mouth to ear, is half of there and back: the mean "
        + "of both directions.\n"
      : "The exchange sent the packets back: one way, from mouth to ear, to a phone as far from the exchange as this one. "
        + "Nothing is halved.\n"
    return text + "\n" + table(ways) + "\n" + histogram(ways)
  }

  private func line(_ name: String, _ figures: DelayStatistics) -> String {
    let times = [
      figures.minimum, figures.median, figures.mean, figures.p95, figures.p99, figures.maximum, figures.deviation,
    ]
    return filled(name, 12) + row(times.map { inMilliseconds($0) } + ["\(lost)/\(trials.count)"])
  }

  private func row(_ cells: [String]) -> String { cells.map { filled($0, 9, fromLeft: true) }.joined() + "\n" }

  private func table(_ ways: DelayStatistics) -> String {
    var text = ""
    func add(_ name: String, _ time: Int64?, _ note: String) {
      text += filled(name, 14) + filled(time.map { inMilliseconds($0) } ?? "–", 7, fromLeft: true) + "  " + note + "\n"
    }
    for part in parts {
      let how = part.microseconds == nil ? "" : part.isMeasured ? "measured: " : "computed: "
      add(part.name, part.microseconds, how + part.note)
    }
    add("sum", sum, "of these")
    add("measured", ways.mean, "one way, the mean")
    add("unexplained", ways.mean - sum, "the rest")
    return text
  }

  private func histogram(_ ways: DelayStatistics) -> String {
    let range = ways.maximum - ways.minimum
    let width: Int64 = [500, 1000, 2000, 5000, 10000, 20000, 50000].first { range / $0 < 12 } ?? 100_000
    let first = ways.minimum / width
    var counts = [Int](repeating: 0, count: Int(ways.maximum / width - first) + 1)
    for case let delay? in oneWay { counts[Int(delay / width - first)] += 1 }
    let most = counts.max() ?? 1
    var text = ""
    for (place, count) in counts.enumerated() {
      let from = (first + Int64(place)) * width
      let label = inMilliseconds(from) + "–" + inMilliseconds(from + width) + " ms"
      let bar = String(repeating: "#", count: (count * 50 + most - 1) / most)
      text += filled(label, 18, fromLeft: true) + " " + filled(bar, 51) + (count > 0 ? "\(count)" : "") + "\n"
    }
    return text
  }

  /// The delay of each trial, as figure 12 of the paper that Sotto follows has it.
  @export(interface)
  public var graph: String {
    let delays = oneWay.map { $0.map { Double($0) / 1000 } }
    let most = delays.compactMap { $0 }.max() ?? 0
    let step = [5.0, 10, 20, 50, 100].first { most / $0 < 8 } ?? 200
    let count = Double(max(2, trials.count))
    var chart = Chart(
      "Delay from mouth to ear over the trials", x: 1...count, y: 0...step * (most / step + 1).rounded(.down))
    chart.horizontalAxis("trial", step: [1, 2, 5, 10, 20, 50, 100].first { count / $0 <= 12 } ?? 200)
    chart.verticalAxis("milliseconds, one way", step: step)
    let points = delays.enumerated().compactMap { place, delay in delay.map { (x: Double(place + 1), y: $0) } }
    chart.line("voice", points)
    chart.marks("voice", points, isTurned: false)
    chart.marks("noise", delays.indices.filter { delays[$0] == nil }.map { (Double($0 + 1), 0) }, isTurned: true)
    if let ways = statistics {
      let mean = Double(ways.mean) / 1000
      chart.line("ideal", [(1, mean), (count, mean)])
    }
    return chart.document
  }
}

/// With one digit behind the point.
func inMilliseconds(_ microseconds: Int64) -> String { fixed(Double(microseconds) / 1000, 1) }

/// With blanks beside it up to so many columns.
private func filled(_ text: String, _ width: Int, fromLeft: Bool = false) -> String {
  let blanks = String(repeating: " ", count: max(0, width - text.unicodeScalars.count))
  return fromLeft ? blanks + text : text + blanks
}
