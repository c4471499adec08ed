import Codecs
import Phone
import Wire

/// Whether voice is secured from phone to phone.
public enum EndToEnd: String, Sendable {
  case off, preferred, required
}

/// How `sotto phone` is to behave.
public struct HandsetOptions: Sendable {
  public var account: Account
  /// `alsa:DEVICE`, `file:IN.wav,OUT.wav`, `tone` or `echo`.
  public var audio: String
  /// Takes out of what a sound card captures what it plays, and quietens noise.
  public var cancelsEcho = true
  public var reducesNoise = true
  /// Whom to call once registered; the phone is switched off after that call.
  public var call: String?
  /// Answers by itself.
  public var answers = false
  /// What a sound card rings with; nil where it does not.
  public var ring: Tone?
  /// Switches itself off when its sound card is gone, for nobody to reach a phone without one.
  public var endsWithCard = false
  /// Hangs up so long after the call was answered.
  public var limit: Interval?
  /// Hangs up once all was said.
  var endsWhenSaid = false
  /// One JSON object a line instead of sentences.
  public var json = false
  public var endToEnd = EndToEnd.preferred
  public var requiresPostQuantum = false
  /// Codecs that are offered, the best first.
  public var codecs: [VoiceCoding]
  public var packetTime: UInt32 = 20
  /// How long what comes is held at least, against the network's unevenness.
  public var buffer = Interval.zero
  /// The sealed identity, and a file with its passphrase.
  public var identity: String?
  public var passphrase: String?
  /// What is remembered of other phones; nil where nothing is kept.
  public var peers: String?

  public init(account: Account, audio: String) {
    self.account = account
    self.audio = audio
    codecs = VoiceCoding.all
  }
}
