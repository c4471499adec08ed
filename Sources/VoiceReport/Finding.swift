/// One number of the report, beside what noise gives.
public struct Finding: Sendable {
  public let name: String
  /// How it is defined here.
  let meaning: String
  /// Nil where it is of both together.
  public let original: Double?
  public let secured: Double
  let ideal: Tolerance
  /// Digits behind the point.
  let places: Int

  public var holds: Bool { ideal.holds(secured) }

  var idealText: String {
    let bounds = "\(fixed(ideal.low, places)) … \(fixed(ideal.high, places))"
    return ideal.low == ideal.high ? fixed(ideal.expected, places) : "\(fixed(ideal.expected, places)) (\(bounds))"
  }

  /// A line for a terminal.
  @export(interface)
  public var line: String {
    let left = name + String(repeating: " ", count: max(1, 32 - name.utf8.count))
    let before = original.map { "original \(fixed($0, places)), " } ?? ""
    let after = holds ? "" : "  <-- not as of noise"
    return "\(left)\(before)secured \(fixed(secured, places)), of noise \(idealText)\(after)"
  }
}

extension VoiceReport {
  /// What each has by itself.
  static func ownFindings(
    _ original: [UInt8], _ originalSignal: Signal, _ sealed: [UInt8], _ sealedSignal: Signal
  ) -> [Finding] {
    let (before, after) = (OctetStatistics(original), OctetStatistics(sealed))
    let flatness = sealedSignal.flatness()
    return [
      Finding(
        name: "Spectral flatness",
        meaning: """
          The geometric mean of the spectrum by its arithmetic mean; the spectrum is the mean of the powers of segments of \
          \(Signal.segment) samples. 1 is flat.
          """,
        original: originalSignal.flatness().value, secured: flatness.value, ideal: flatness.ideal, places: 4),
      Finding(
        name: "Autocorrelation",
        meaning: "The largest correlation of the samples with themselves, from one sample to a second later.",
        original: originalSignal.largestAutocorrelation(reach: reach),
        secured: sealedSignal.largestAutocorrelation(reach: reach),
        ideal: Tolerance(largestOf: reach, deviation: 1 / Double(sealedSignal.samples.count).squareRoot()), places: 4),
      Finding(
        name: "Chi-square of octets",
        meaning: "Pearson's, against all 256 values being equally frequent: 255 degrees of freedom.",
        original: before.chiSquare, secured: after.chiSquare, ideal: OctetStatistics.idealChiSquare, places: 1),
      Finding(
        name: "Entropy of octets",
        meaning: "Shannon's, of how often each value comes, in bits. So few octets of noise have a little less than 8.",
        original: before.entropy, secured: after.entropy, ideal: after.idealEntropy, places: 4),
    ]
  }

  /// What they have in common.
  static func commonFindings(
    _ original: Signal, _ sealed: Signal, _ difference: OctetDifference
  ) -> [Finding] {
    let (loud, hidden) = (original.loudness(every: packet), sealed.loudness(every: packet))
    let packets = Double(min(loud.samples.count, hidden.samples.count))
    let count = Double(min(original.samples.count, sealed.samples.count))
    let packetReach = reach / packet
    return [
      Finding(
        name: "Correlation with the original",
        meaning: "The largest of the samples of both, one shifted by up to a second to either side.",
        original: nil, secured: original.largestCorrelation(with: sealed, reach: reach),
        ideal: Tolerance(largestOf: 2 * reach + 1, deviation: 1 / count.squareRoot()), places: 4),
      Finding(
        name: "Correlation of loudness",
        meaning: """
          The largest of the loudness of both, packet by packet of 20 ms, one shifted by up to a second: whether speech can \
          be told from silence.
          """,
        original: nil, secured: loud.largestCorrelation(with: hidden, reach: packetReach),
        ideal: Tolerance(largestOf: 2 * packetReach + 1, deviation: 1 / packets.squareRoot()), places: 4),
      Finding(
        name: "NSCR in per cent",
        meaning: """
          Number of samples change rate: the share of octets that differ from the original's octet at the same place. Noise \
          hits it once in 256.
          """,
        original: nil, secured: 100 * difference.changed, ideal: difference.idealChanged.scaled(by: 100), places: 3),
      Finding(
        name: "UACI in per cent",
        meaning: """
          Unified average changing intensity: the mean difference from the original's octet at the same place, both taken as \
          numbers from 0 to 255, as a share of 255. What noise gives follows from the octets of this original; 33.46 were \
          they noise too.
          """,
        original: nil, secured: 100 * difference.intensity, ideal: difference.idealIntensity.scaled(by: 100), places: 3),
    ]
  }

  /// What tells of the voice before a single octet is looked at.
  static func packetFindings(_ payloads: SecuredPayloads, _ variableLengths: [Int]) -> [Finding] {
    var counts: [Int: Int] = [:]
    for length in variableLengths { counts[length, default: 0] += 1 }
    let none = Tolerance(expected: 0, low: 0, high: 0)
    var findings = [
      Finding(
        name: "Entropy of packet lengths",
        meaning: """
          Shannon's, in bits a packet. The original's is that of Opus at a variable bit rate, which voice over IP often \
          uses: encrypted, its lengths still tell what is said.
          """,
        original: shannonEntropy(Array(counts.values)), secured: payloads.lengthEntropy, ideal: none, places: 3)
    ]
    if payloads.isSFrame {
      findings.append(
        Finding(
          name: "Packets without a seal",
          meaning: "Packets that are neither frames of secure voice nor of the key agreement.",
          original: nil, secured: Double(payloads.others), ideal: none, places: 0))
    }
    return findings
  }
}

extension Tolerance {
  func scaled(by factor: Double) -> Tolerance {
    Tolerance(expected: factor * expected, low: factor * low, high: factor * high)
  }
}

/// A number with so many digits behind the point.
package func fixed(_ number: Double, _ places: Int) -> String {
  var unit: Int64 = 1
  for _ in 0..<places { unit *= 10 }
  let scaled = abs(number) * Double(unit) + 0.5
  guard scaled < 1e15 else { return "very large" }
  let whole = Int64(scaled)
  let sign = number < 0 && whole > 0 ? "-" : ""
  guard places > 0 else { return "\(sign)\(whole)" }
  let digits = "\(whole % unit)"
  return "\(sign)\(whole / unit).\(String(repeating: "0", count: places - digits.utf8.count))\(digits)"
}
