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
    let mayNameKeys = flow.transport.isSecure || configuration.media.allowsKeysWithoutTLS
    let ways: MediaPolicy.Ways = mayNameKeys ? .any : .handshake
    switch setting ?? .preferred {
    case .off: return MediaPolicy(.never, by: ways)
    case .preferred: return MediaPolicy(.welcome, by: ways)
    case .required: return MediaPolicy(.must, by: ways)
    }
  }

  /// What the exchange begins to say to a phone, or to a trunk, on a dialog by this flow.
  func newSession(for number: String, trunk: String? = nil, by flow: Flow) -> LocalSession {
    newSession(
      OwnSecurity(
        policy: mediaPolicy(number, trunk: trunk, by: flow), secret: random.bytes(32), fingerprint: mediaFingerprint))
  }
}

extension LocalSession {
  /// Whoever calls for help is heard, encrypted or not.
  mutating func relax() {
    if security.policy.mustEncrypt { security.policy.encryption = .welcome }
  }

  /// What is offered suits one who speaks ICE or not, by this flow: a page in a browser speaks it, and comes by a WebSocket.
  mutating func suit(hasICE: Bool, by flow: Flow) {
    ice.isOffered = hasICE
    if hasICE, flow.transport.isWebSocket { security.policy.ways = .browser }
  }

  /// What the media thread needs to know of the keys that were agreed with who says `heard`.
  func legKeys(with heard: AudioStream) -> Boxed<LegKeys>? {
    keys(with: heard).map { agreed in
      Boxed(wrappedValue: LegKeys(own: agreed.own, theirs: agreed.theirs, window: agreed.window))
    }
  }

  /// What it, and whoever shakes hands, needs to know of a handshake.
  func handshakeTerms(with heard: AudioStream) -> Boxed<HandshakeTerms>? {
    handshake(with: heard).map { agreed in
      Boxed(
        wrappedValue: HandshakeTerms(
          association: agreed.association, isClient: agreed.isClient,
          fingerprints: agreed.fingerprints.map { $0.octets }))
    }
  }
}
