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
    chart.horizontalAxis("seconds", step: Self.step(seconds), places: seconds < 4 ? 1 : 0)
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

  private static func step(_ range: Double) -> Double {
    for step in [0.1, 0.2, 0.5, 1, 2, 5, 10] where range / step <= 10 { return step }
    return 20
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
    chart.marks("noise", moments(heardSignal), isTurned: true)
    let ideal = Self.idealSegment
    chart.ellipse(
      "ideal", (0, ideal.deviation), (3 * ideal.deviation / Double(Self.packet).squareRoot(), 3 * ideal.spread))
    return Figure(
      chart: chart,
      caption: """
        Segments of 20 ms: <b class="voice">■ original</b>, <b class="noise">◆ secured</b>, and the circle within which \
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

  /// How often each octet comes.
  func octets() -> Figure {
    let sealed = zip(payloads.octets, payloads.isOpen).filter { !$0.1 || !payloads.isSFrame }.map { $0.0 }
    let shares = [original, sealed].map { octets in
      OctetStatistics(octets).counts.map { 100 * Double($0) / Double(max(1, octets.count)) }
    }
    var chart = Chart("How often each octet comes", x: 0...255, y: 0...3)
    chart.horizontalAxis("octet", step: 32)
    chart.verticalAxis("per cent", step: 0.5, places: 1)
    chart.band("voice", shares[0].enumerated().map { (Double($0), 0, $1) })
    chart.line("noise", shares[1].enumerated().map { (Double($0), $1) })
    chart.line("ideal", [(0, 100.0 / 256), (255, 100.0 / 256)])
    return Figure(
      chart: chart,
      caption: """
        How often each octet comes: <b class="voice">original</b>, <b class="noise">secured</b> (what is sealed), and of \
        noise, dashed
        """)
  }

  /// Figure 10: how the powers of all frequencies of all segments are distributed about their mean.
  func levels() -> Figure {
    var chart = Chart("How often each level of the spectrum comes", x: -60...20, y: 0...10)
    chart.horizontalAxis("dB about the mean of all frequencies", step: 10)
    chart.verticalAxis("per cent of each dB", step: 2)
    for (signal, kind) in [(originalSignal, "voice"), (sealedSignal, "noise")] {
      chart.line(kind, Self.levels(of: signal))
    }
    // The power of noise is distributed exponentially; so much of it is below each level.
    func below(_ level: Double) -> Double { 1 - exp(-pow(10, level / 10)) }
    chart.line("ideal", (-60..<20).map { (Double($0) + 0.5, 100 * (below(Double($0) + 1) - below(Double($0)))) })
    return Figure(
      chart: chart,
      caption: """
        How often each level comes in the spectra of single segments: <b class="voice">original</b>, \
        <b class="noise">secured</b> (what is sealed), and of noise, dashed
        """)
  }

  private static func levels(of signal: Signal) -> [(x: Double, y: Double)] {
    let transform = FourierTransform(count: Signal.segment)
    var powers: [Double] = []
    for start in stride(from: 0, to: signal.samples.count - Signal.segment + 1, by: Signal.segment) {
      powers += transform.power(signal.samples[start..<start + Signal.segment])[1..<Signal.segment / 2]
    }
    let mean = powers.reduce(0, +) / Double(max(1, powers.count))
    var counts = [Int](repeating: 0, count: 80)
    for power in powers where power > 0 && mean > 0 {
      let level = Int(floor(10 * log10(power / mean)).clamped(to: -60...19)) + 60
      counts[level] += 1
    }
    return counts.enumerated().map { (Double($0) - 59.5, 100 * Double($1) / Double(max(1, powers.count))) }
  }
}

extension Double {
  fileprivate func clamped(to range: ClosedRange<Double>) -> Double { max(range.lowerBound, min(range.upperBound, self)) }
}
