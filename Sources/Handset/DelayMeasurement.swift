import Codecs
import Console
import Delay
import Phone
import SecureVoice
import Wire

/// What the calls of `sotto delay` gave.
struct Measurement {
  let number: String
  private let turn: DelayReport.Turn
  private var trials: [(call: Int, trial: DelayProbe.Trial)] = []
  private var roundTrips: [Interval] = []
  private var calls = 0
  private var terms: MediaTerms?
  private var isSecured = false
  private var codec: Interval?

  init(_ number: String, _ turn: DelayReport.Turn) {
    self.number = number
    self.turn = turn
  }

  /// Takes what came of one call.
  mutating func add(_ probe: DelayProbe) {
    calls += 1
    for trial in probe.results() { trials.append((calls, trial)) }
    roundTrips += probe.roundTrips
    terms = probe.terms
    isSecured = probe.isSecured
    if let terms { codec = codecDelay(terms, isSecured: isSecured, rate: probe.rate) }
  }

  private var packetTime: Int { terms?.packetTime ?? 0 }

  private var codecName: String {
    let coding = terms?.format.coding
    return (isSecured && coding != .opus ? "opus in " : "") + (coding?.name ?? "nothing")
  }

  var title: String {
    "\(trials.count) markers in \(calls == 1 ? "a call" : "\(calls) calls") to \(number): \(codecName), "
      + "packets of \(packetTime) ms, "
      + (isSecured ? "secured from phone to phone" : "not secured from phone to phone")
  }

  var report: DelayReport {
    DelayReport(trials.map { $0.trial.delay?.microseconds }, turn: turn, parts: parts)
  }

  private var parts: [DelayReport.Part] {
    let isPhone = turn == .phone
    let trip = mean(roundTrips)
    return [
      .init("capture", 0, "sound comes from memory, a sound card adds a period and more"),
      .init("packetisation", Int64(packetTime) * 1000, "a packet is sent when its last sample was said"),
      .init(
        "codec", codec?.microseconds, isMeasured: true,
        "how far it looks ahead and what changing the rate takes, beforehand without a network"),
      .init(
        "network", isPhone ? trip.map { $0 / 2 } : trip, isMeasured: true,
        "round trip of RTCP" + (isPhone ? ", half of it" : "") + ", mean of \(roundTrips.count)"
          + (trip == nil ? ": no report came" : "")),
      .init(
        "exchange", nil,
        isPhone ? "in the network's time, where the exchange passes reports on" : "in what is unexplained"),
      .init(
        "jitter buffer", mean(trials.compactMap { $0.trial.held }), isMeasured: true,
        "how long packets waited here" + (isPhone ? "; the other phone's is taken for the same" : "")),
      .init("playback", 0, "sound goes into memory, a sound card adds a period and more"),
    ]
  }

  private func mean(_ times: [Interval]) -> Int64? {
    times.isEmpty ? nil : times.reduce(0) { $0 + $1.microseconds } / Int64(times.count)
  }

  func json(_ report: DelayReport) -> JSON {
    .object([
      .text("number", number), .text("codec", terms?.format.coding.name), .flag("secured", isSecured),
      .number("packet_ms", packetTime), .number("calls", calls), .text("returned_by", turn.rawValue),
      .flag("halved", turn == .phone), .number("count", trials.count), .number("lost", report.lost),
      JSON.Member("one_way_us", report.statistics.map { figures($0) } ?? .null),
      JSON.Member("parts", .array(report.parts.map { part($0) })), .number("sum_us", report.sum),
      JSON.Member("unexplained_us", integer(report.unexplained)),
      JSON.Member("round_trips_us", .array(roundTrips.map { .integer($0.microseconds) })),
      JSON.Member("trials", .array(zip(trials, report.oneWay).map { trial($0.0, oneWay: $0.1) })),
    ])
  }

  private func trial(_ it: (call: Int, trial: DelayProbe.Trial), oneWay: Int64?) -> JSON {
    .object([
      .number("call", it.call), JSON.Member("heard_us", integer(it.trial.delay?.microseconds)),
      JSON.Member("one_way_us", integer(oneWay)), JSON.Member("held_us", integer(it.trial.held?.microseconds)),
      .number("likeness_percent", Int64((it.trial.likeness * 100).rounded())),
    ])
  }

  private func part(_ part: DelayReport.Part) -> JSON {
    .object([
      .text("name", part.name), JSON.Member("us", integer(part.microseconds)),
      .text("known", part.microseconds == nil ? nil : part.isMeasured ? "measured" : "computed"),
      .text("note", part.note),
    ])
  }

  private func figures(_ figures: DelayStatistics) -> JSON {
    .object([
      .number("min", figures.minimum), .number("median", figures.median), .number("mean", figures.mean),
      .number("p95", figures.p95), .number("p99", figures.p99), .number("max", figures.maximum),
      .number("deviation", figures.deviation),
    ])
  }

  private func integer(_ number: Int64?) -> JSON { number.map { .integer($0) } ?? .null }
}
