import Configuration
import Crypto
import Media
import SDP
import SIP
import Wire

/// Whether media is encrypted on its way to a phone or trunk, and by which keys.
extension Exchange {
  /// What a phone's media may be, or a trunk's, that is reached by this flow.
  func mediaPolicy(_ number: String, trunk: String? = nil, by flow: Flow) -> MediaPolicy {
    let setting =
      trunk.map { outside.trunks[$0]?.settings.encryption } ?? configuration.extensions[number]?.encryption
    let mayNameKeys = flow.transport.isEncrypted || configuration.media.allowsKeysWithoutTLS
    switch setting ?? .preferred {
    case .off: return .plain
    case .preferred: return mayNameKeys ? .optional : .plain
    case .required: return mayNameKeys ? .secure : .unattainable
    }
  }

  /// What the exchange begins to say to a phone, or to a trunk, on a dialog by this flow.
  func newSession(for number: String, trunk: String? = nil, by flow: Flow) -> LocalSession {
    newSession(OwnSecurity(policy: mediaPolicy(number, trunk: trunk, by: flow), secret: random.bytes(32)))
  }
}

extension LocalSession {
  /// Whoever calls for help is heard, encrypted or not.
  mutating func relax() {
    switch security.policy {
    case .unattainable: security.policy = .plain
    case .secure: security.policy = .optional
    case .plain, .optional: break
    }
  }

  /// What the media thread needs to know of the keys that were agreed with who says `heard`.
  func legKeys(with heard: AudioStream) -> Boxed<LegKeys>? {
    keys(with: heard).map { agreed in
      Boxed(wrappedValue: LegKeys(own: agreed.own, theirs: agreed.theirs, window: agreed.window))
    }
  }
}

extension Transport {
  /// Whether nobody on the way reads what is said.
  var isEncrypted: Bool { self == .tls || self == .wss }
}
