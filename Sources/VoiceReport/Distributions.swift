import CMath

// The two diagrams of distributions: figure 10 of the paper, and that of octets.
extension VoiceReport {
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
  fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
    max(range.lowerBound, min(range.upperBound, self))
  }
}
