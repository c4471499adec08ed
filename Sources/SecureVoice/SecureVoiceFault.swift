/// Why a call is not secured from end to end. Each is told to the user aloud: the exchange may have wanted it.
public enum SecureVoiceFault: UInt8, Error, Hashable, Sendable {
  case postQuantumMissingHere = 1
  case postQuantumMissingThere
  /// Keys or transcript do not fit each other.
  case altered
  case wrongCommitment
  case weakKey
  case badSignature
  case silent
  case askedAnew
  case pathConvertsLaw
  case pathChangesLoudness
  case pathRecodes

  /// Whether another attempt may come out otherwise.
  var allowsRetry: Bool {
    switch self {
    case .altered, .wrongCommitment, .weakKey, .badSignature, .silent, .askedAnew: true
    case .postQuantumMissingHere, .postQuantumMissingThere, .pathConvertsLaw, .pathChangesLoudness, .pathRecodes: false
    }
  }

  public var description: String {
    switch self {
    case .postQuantumMissingHere:
      "this phone's OpenSSL is older than 3.5 and has the classical part only, but post_quantum is required: use the static build, or set post_quantum to preferred"
    case .postQuantumMissingThere:
      "the other phone offers the classical part only, but post_quantum is required: update it, or set post_quantum to preferred"
    case .altered: "what the phones told each other was changed on the way: someone between them interferes"
    case .wrongCommitment:
      "the other end did not keep to what it had committed to: someone between the phones interferes"
    case .weakKey: "the other end sent a key that gives no secret: someone between the phones interferes"
    case .badSignature: "the other end's signature is not that of its identity: someone between the phones interferes"
    case .silent: "the other phone stopped answering while keys were agreed on: its frames are lost or held back"
    case .askedAnew: "the other phone could not agree on keys and asked to begin anew"
    case .pathConvertsLaw:
      "the path changes the voice's bits: an exchange on it converts between µ-law and A-law; let both phones use the same"
    case .pathChangesLoudness:
      "the path changes the voice's bits: an exchange on it makes them louder or softer; switch its gain or echo canceller off"
    case .pathRecodes:
      "the path changes the voice's bits: an exchange on it transcodes or conceals; let it pass the codec through"
    }
  }
}

/// What the owner of a call is told.
public enum SecureVoiceEvent: Hashable, Sendable {
  /// Keys are agreed on.
  case secured(SecureSession)
  /// An attempt failed and the one retry began; to be seen and heard as `failed` is.
  case retrying(SecureVoiceFault)
  case failed(SecureVoiceFault)
  /// Nothing answers. Where the number is known as that of a Sotto phone, an alarm: someone may hold its frames back.
  case unanswered(isAlarm: Bool)
  /// Keys are agreed on, but nothing came from the other phone since: it may have been kept from having them. An alarm;
  /// what is said stays between the two.
  case unheard
  /// The path returns our own frames.
  case reflected
  /// Not the other phone is heard but something that has no keys, such as an exchange's announcement; or it has ended.
  case exchangeSpeaks(Bool)
  /// A phone asks for keys in a secured call whose voice stopped, so the other end has probably changed: begin a new
  /// `SecureCall` to answer it.
  case strangerAsks
}
