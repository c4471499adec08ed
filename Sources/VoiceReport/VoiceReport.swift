import Codecs

/// A recording beside the same voice secured: what noise would give, what each gives, and the page that shows it. Both are
/// looked at as octets of µ-law at 8000 Hz, as a call without security sends them and as a listener on the path plays what
/// he gets.
public struct VoiceReport: Sendable {
  /// Octets that are looked at, a minute of them.
  static let most = 60 * 8000
  /// And that are needed: a second.
  static let least = 8000
  /// Samples of 20 ms, which is a packet.
  static let packet = 160
  /// How far apart a likeness is looked for: a second.
  static let reach = 8000

  /// What the page says of where both came from.
  public struct Subject: Sendable {
    public var original: String
    public var secured: String
    /// Sentences for below the numbers.
    public var notes: [String]

    public init(original: String, secured: String, notes: [String] = []) {
      self.original = original
      self.secured = secured
      self.notes = notes
    }
  }

  let subject: Subject
  let payloads: SecuredPayloads
  let original: [UInt8]
  let originalSignal: Signal
  /// As it is heard, and with zeros in the place of what is open.
  let heardSignal: Signal
  let sealedSignal: Signal
  public let findings: [Finding]
  /// Chi-square and flatness of all octets, those of the headers included; nil where there are none.
  let withHeaders: (chiSquare: Double, flatness: Double)?

  /// `original` are octets of µ-law; `variableLengths` how many octets Opus gives for each 20 ms of it where its bit rate
  /// may vary.
  @export(interface)
  public init(
    original: [UInt8], variableLengths: [Int], secured payloads: SecuredPayloads, about subject: Subject
  ) throws(ReportFault) {
    let original = Array(original.prefix(Self.most))
    guard original.count >= Self.least else { throw .tooShort(original.count) }
    guard payloads.octets.count >= Self.least else { throw .tooLittleSecured(payloads.octets.count) }
    self.subject = subject
    self.payloads = payloads
    self.original = original
    originalSignal = Self.signal(original)
    heardSignal = Self.signal(payloads.octets)
    let octets = payloads.octets
    let isSealed = payloads.isOpen.map { !$0 || !payloads.isSFrame }
    var sealedOctets: [UInt8] = []
    var pairs: [(original: UInt8, secured: UInt8)] = []
    var samples = heardSignal.samples
    for place in octets.indices {
      guard isSealed[place] else {
        samples[place] = 0
        continue
      }
      sealedOctets.append(octets[place])
      if place < original.count { pairs.append((original[place], octets[place])) }
    }
    sealedSignal = Signal(samples)
    withHeaders =
      sealedOctets.count == octets.count
      ? nil : (OctetStatistics(octets).chiSquare, heardSignal.flatness().value)
    findings =
      Self.ownFindings(original, originalSignal, sealedOctets, sealedSignal)
      + Self.commonFindings(originalSignal, sealedSignal, OctetDifference(pairs))
      + Self.packetFindings(payloads, variableLengths)
  }

  static func signal(_ octets: [UInt8]) -> Signal { Signal(octets.map { Double(MuLaw.decode($0)) / 32768 }) }

  /// Whether all that was looked at is as of noise.
  public var isNoise: Bool { findings.allSatisfy { $0.holds } }
}

/// Why no report can be made.
public enum ReportFault: Error, Hashable, Sendable {
  case tooShort(Int)
  case tooLittleSecured(Int)

  public var description: String {
    switch self {
    case .tooShort(let count):
      "the original has \(count / 8) ms; a second at least is needed for numbers that mean anything"
    case .tooLittleSecured(let count):
      "the secured voice has \(count) octets besides key agreement; 8000 at least are needed for numbers that mean anything"
    }
  }
}
