/// The tones by which a country's people know how their call is: figures that exchanges use, which name ITU-T E.180
/// Supplement 2 for most; the Supplement itself was not at hand. Great Britain by BT's SIN 350.
public struct CountryTones: Sendable {
  public private(set) var ringing: Tone
  public private(set) var busy: Tone
  public private(set) var congestion: Tone

  /// By a country's two letters (ISO 3166-1), upper case. A country of which nothing is known here, and none, has the
  /// frequency and cadences within what E.180 recommends.
  @export(interface)
  public init(_ country: String?) {
    self.init(ringing: [1000, 4000], busy: [500, 500], congestion: [250, 250])
    switch country {
    case "AT": self.init(420, ringing: [1000, 5000], busy: [400, 400], congestion: [200, 200])
    case "AU":
      self.init(ringing: [400, 200, 400, 2000], busy: [375, 375], congestion: [375, 375])
      ringing = Tone(cadence: [400, 200, 400, 2000], 413, and: 438)
    case "BE": self.init(ringing: [1000, 3000], busy: [500, 500], congestion: [167, 167])
    case "CA", "US":
      ringing = Tone(cadence: [2000, 4000], 440, and: 480)
      busy = Tone(cadence: [500, 500], 480, and: 620)
      congestion = Tone(cadence: [250, 250], 480, and: 620)
    case "CZ": self.init(ringing: [1000, 4000], busy: [330, 330], congestion: [165, 165])
    case "DE": self.init(ringing: [1000, 4000], busy: [480, 480], congestion: [240, 240])
    case "CH", "DK", "IT", "NO": self.init(ringing: [1000, 4000], busy: [500, 500], congestion: [200, 200])
    case "EE", "FI", "GR": self.init(ringing: [1000, 4000], busy: [300, 300], congestion: [200, 200])
    case "ES": self.init(ringing: [1500, 3000], busy: [200, 200], congestion: [200, 200, 200, 200, 200, 600])
    case "FR": self.init(440, ringing: [1500, 3500], busy: [500, 500], congestion: [250, 250])
    case "GB":
      self.init(400, ringing: [], busy: [375, 375], congestion: [400, 350, 225, 525])
      ringing = Tone(cadence: [400, 200, 400, 2000], 400, and: 450)
    case "HU": self.init(ringing: [1250, 3750], busy: [300, 300], congestion: [300, 300])
    case "LT": self.init(ringing: [1000, 4000], busy: [350, 350], congestion: [200, 200])
    case "NZ":
      self.init(400, ringing: [], busy: [500, 500], congestion: [250, 250])
      ringing = Tone(cadence: [400, 200, 400, 2000], 400, and: 450)
    case "PL": self.init(ringing: [1000, 4000], busy: [500, 500], congestion: [500, 500])
    case "PT": self.init(ringing: [1000, 5000], busy: [500, 500], congestion: [200, 200])
    case "SE": self.init(ringing: [1000, 5000], busy: [250, 250], congestion: [250, 750])
    case "ZA":
      self.init(400, ringing: [], busy: [500, 500], congestion: [250, 250])
      ringing = Tone(cadence: [400, 200, 400, 2000], 383, and: 417)
    default: break
    }
  }

  private init(_ frequency: UInt16 = 425, ringing: [UInt16], busy: [UInt16], congestion: [UInt16]) {
    self.ringing = Tone(cadence: ringing, frequency)
    self.busy = Tone(cadence: busy, frequency)
    self.congestion = Tone(cadence: congestion, frequency)
  }
}

extension Tone {
  /// Milliseconds of the tone and of silence by turns.
  fileprivate init(cadence: [UInt16], _ first: UInt16, and second: UInt16 = 0) {
    self.init(
      cadence.indices.map { $0 % 2 == 0 ? Segment(first, and: second, cadence[$0]) : Segment(pause: cadence[$0]) })
  }
}
