import CMath

/// A diagram and what stands below it.
struct Figure {
  let chart: Chart
  /// May contain marks of HTML.
  let caption: String
}

/// The diagrams of the page, after figures 7 to 10 of the paper that Sotto follows.
extension VoiceReport {
  /// Points across a diagram.
  private static let columns = 400
  /// Marks of each kind.
  private static let mostMarks = 400

  func waveform(_ signal: Signal, _ kind: String, _ name: String) -> Figure {
    let seconds = Double(signal.samples.count) / 8000
    var chart = Chart("Waveform of \(name)", x: 0...seconds, y: -1...1)
    Self.secondsAxis(&chart, seconds)
    chart.verticalAxis("of full scale", step: 0.5, places: 1)
    let columns = min(Self.columns, signal.samples.count)
    chart.band(
      kind,
      (0..<columns).map { column in
        let start = column * (signal.samples.count / columns)
        let part = signal.samples[start..<start + signal.samples.count / columns]
        return (seconds * (Double(column) + 0.5) / Double(columns), part.min() ?? 0, part.max() ?? 0)
      })
    return Figure(chart: chart, caption: "Waveform of \(name)")
  }

  private static func secondsAxis(_ chart: inout Chart, _ seconds: Double) {
    let step = [0.1, 0.2, 0.5, 1, 2, 5, 10].first { seconds / $0 <= 10 } ?? 20
    chart.horizontalAxis("seconds", step: step, places: step < 1 ? 1 : 0)
  }

  /// Of the secured voice with what is open in it, faintly, and without.
  func spectrum(of name: String) -> Figure {
    let isOriginal = name == "the original"
    var chart = Chart("Spectrum of \(name)", x: 0...4, y: -90 ... -10)
    chart.horizontalAxis("kHz", step: 0.5, places: 1)
    chart.verticalAxis("dB of full scale", step: 10)
    func draw(_ signal: Signal, _ kind: String) {
      let (power, _) = signal.spectrum(windowed: true)
      // A sine of full scale, under this window, is at zero.
      let full = Double(Signal.segment) * Double(Signal.segment) / 16
      chart.line(
        kind,
        power.enumerated().map { place, part in
          (4 * Double(place) / Double(power.count - 1), 10 * log10(max(part / full, 1e-12)))
        })
    }
    if isOriginal {
      draw(originalSignal, "voice")
      return Figure(chart: chart, caption: "Spectrum of the original, mean of segments of \(Signal.segment) samples")
    }
    guard withHeaders != nil else {
      draw(heardSignal, "noise")
      return Figure(chart: chart, caption: "Spectrum of \(name)")
    }
    draw(heardSignal, "faint")
    draw(sealedSignal, "noise")
    return Figure(
      chart: chart,
      caption: "Spectrum of \(name): what is sealed, and in grey as it is heard, with the hum of the open headers")
  }

  /// Figure 9: where segments of 20 ms lie by mean and standard deviation.
  func segments() -> Figure {
    var chart = Chart("Mean and standard deviation of segments", x: -0.3...0.3, y: 0...0.6)
    chart.horizontalAxis("mean of 20 ms", step: 0.1, places: 1)
    chart.verticalAxis("standard deviation", step: 0.1, places: 1)
    func moments(_ signal: Signal) -> [(x: Double, y: Double)] {
      let all = signal.moments(every: Self.packet)
      let every = max(1, all.count / Self.mostMarks)
      return stride(from: 0, to: all.count, by: every).map { (all[$0].mean, all[$0].deviation) }
    }
    chart.marks("voice", moments(originalSignal), isTurned: false)
    chart.marks("noise", moments(sealedSignal), isTurned: true)
    let ideal = Self.idealSegment
    chart.ellipse(
      "ideal", (0, ideal.deviation), (3 * ideal.deviation / Double(Self.packet).squareRoot(), 3 * ideal.spread))
    return Figure(
      chart: chart,
      caption: """
        Segments of 20 ms: <b class="voice">■ original</b>, <b class="noise">◆ secured</b> (what is sealed), and the circle within which \
        99 of 100 of noise lie
        """)
  }

  /// Of 20 ms of octets that are all equally frequent: the standard deviation, and how far it strays.
  static var idealSegment: (deviation: Double, spread: Double) {
    let all = signal((0...255 as ClosedRange<UInt8>).map { $0 }).samples
    let square = all.reduce(0.0) { $0 + $1 * $1 } / 256
    let fourth = all.reduce(0.0) { $0 + $1 * $1 * $1 * $1 } / 256
    // The mean of squares strays by this, and its root by half as much of itself.
    let spread = ((fourth - square * square) / Double(packet)).squareRoot()
    return (square.squareRoot(), spread / (2 * square.squareRoot()))
  }

  /// Whether pauses can be told from words.
  func loudness() -> Figure {
    let seconds = Double(max(original.count, sealedSignal.samples.count)) / 8000
    var chart = Chart("Loudness of each packet", x: 0...seconds, y: 0...0.6)
    Self.secondsAxis(&chart, seconds)
    chart.verticalAxis("root mean square of 20 ms", step: 0.1, places: 1)
    for (signal, kind) in [(originalSignal, "voice"), (sealedSignal, "noise")] {
      let all = signal.loudness(every: Self.packet).samples
      let every = max(1, all.count / Self.columns)
      chart.line(kind, stride(from: 0, to: all.count, by: every).map { (0.02 * Double($0), all[$0]) })
    }
    chart.line("ideal", [(0, Self.idealSegment.deviation), (seconds, Self.idealSegment.deviation)])
    return Figure(
      chart: chart,
      caption: """
        Loudness of each 20 ms: <b class="voice">original</b>, <b class="noise">secured</b> (what is sealed), and of \
        noise, dashed
        """)
  }
}
