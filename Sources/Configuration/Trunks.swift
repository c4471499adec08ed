import Numbering
import Wire

/// A line to the outside world: a provider's, or another exchange's.
public struct TrunkSettings: Equatable, Sendable {
  public enum Transport: String, CaseIterable, Hashable, Sendable { case udp, tcp, tls }

  /// A host with an optional port.
  public struct Place: Hashable, Sendable {
    public var host: String
    public var port: UInt16?

    public init(host: String, port: UInt16? = nil) {
      self.host = host
      self.port = port
    }
  }

  /// Where its calls may come from, beside its own host.
  public enum Source: Hashable, Sendable {
    case prefix(NetworkSettings.Prefix)
    case name(String)
  }

  /// In which headers the number of the caller stands.
  public enum Identity: String, CaseIterable, Hashable, Sendable {
    /// In From alone.
    case from
    /// In P-Asserted-Identity (RFC 3325); From says the account's user.
    case asserted
    case both
  }

  /// Which number the other end sees.
  public struct Rule: Hashable, Sendable {
    public var pattern: DialPattern
    public var value: String

    public init(_ pattern: DialPattern, _ value: String) {
      self.pattern = pattern
      self.value = value
    }
  }

  public var name: String
  /// The provider's domain, or its address: whom requests name, and where they go without a proxy.
  public var place: Place
  /// Nil where DNS may say.
  public var transport: Transport?
  public var outboundProxy: Place?
  public var user: String?
  public var authenticationUser: String?
  public var password: String?
  public var registers = false
  /// Seconds that are asked for.
  public var expires: UInt32 = 600
  /// Seconds between OPTIONS; 0 for none.
  public var keepAlive: UInt32 = 30
  public var acceptFrom: [Source] = []
  /// Which extension, or `*43`, a number of ours reaches; the first that fits.
  public var numbers: [Rule] = []
  /// Where calls to other numbers go.
  public var otherwise: String?
  /// What the other end sees of a caller, by extension; else `callerNumber`, else the user.
  public var callers: [Rule] = []
  public var callerNumber: String?
  public var callerName: String?
  public var identity = Identity.both
  public var format = DialledNumber.Format.e164
  /// Calls at a time.
  public var channels = 30
  public var codecs: [VoiceCodec] = [.pcma, .pcmu]
  public var dtmf = DigitSetting.auto
  public var encryption = EncryptionSetting.preferred
  /// Nil for what `toll.trunk` says.
  public var daily: DailyCap?
  /// Whether a call from this trunk may be joined with one on another trunk that allows it too.
  public var allowsTransfer = false

  public init(name: String, host: String, port: UInt16? = nil) {
    self.name = name
    place = Place(host: host, port: port)
  }
}

/// What may be used in a day.
public struct DailyCap: Hashable, Sendable {
  public var calls: Int
  public var minutes: Int

  public init(calls: Int, minutes: Int) {
    self.calls = calls
    self.minutes = minutes
  }
}

/// By which trunks a number goes out; the first route that fits counts.
public struct Route: Equatable, Sendable {
  public var patterns: [DialPattern] = []
  /// Extensions that it is for; all where empty.
  public var callers: [DialPattern] = []
  /// Symbols taken off the front, and what is put there.
  public var strip = 0
  public var prepend = ""
  /// In the order in which they are tried.
  public var trunks: [String] = []

  public init() {}

  /// Whether it is for that number, dialled at that extension.
  public func takes(_ number: String, from caller: String) -> Bool {
    patterns.contains { $0.matches(number) } && (callers.isEmpty || callers.contains { $0.matches(caller) })
  }

  /// The number as it goes on.
  public func rewritten(_ number: String) -> String { prepend + String(number.dropFirst(strip)) }
}

/// What calls to the outside may cost.
public struct TollSettings: Equatable, Sendable {
  /// Which of `international`, `premium` and `services` are open.
  public var openClasses: Set<NumberClass> = []
  /// What else is open: how numbers begin, `+43` or a short code such as `115`.
  public var openPrefixes: [String] = []
  public var extensionCap = DailyCap(calls: 200, minutes: 600)
  public var trunkCap = DailyCap(calls: 2000, minutes: 6000)

  public init() {}

  /// Whether that number may be called.
  public func isOpen(_ number: DialledNumber) -> Bool {
    if number.numberClass == .emergency || number.numberClass == .national { return true }
    if openClasses.contains(number.numberClass) { return true }
    return openPrefixes.contains { prefix in
      prefix.utf8.first == UInt8(ascii: "+")
        ? number.e164?.hasPrefix(prefix) == true : number.e164 == nil && number.dialled == prefix
    }
  }
}

/// Help is always reached.
public struct EmergencySettings: Equatable, Sendable {
  /// Beside those of the country.
  public var numbers: [String] = []
  /// The trunks to try first, in order; all others follow.
  public var trunks: [String] = []

  public init() {}
}
