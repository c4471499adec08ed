import Media
import SDP
import SIP

/// Who is offered ICE: a phone that has said that it speaks it, in its registration or in this dialog.
extension NameAddress {
  /// The feature tag of a Contact (RFC 5768 §4.1).
  var hasICE: Bool { parameters.contains("+sip.ice") }
}

extension Request {
  /// Whether its sender says so, for one that offers nothing which would say it.
  var hasICE: Bool { headers.supports("ice") || ((try? headers.contacts)?.first?.hasICE ?? false) }
}

extension IceTerms {
  init(_ agreed: IceAgreement) {
    self.init(
      fragment: agreed.own.fragment, password: agreed.own.password, theirs: agreed.theirs.credentials.fragment,
      dialog: agreed.session, makesChecks: !agreed.theirs.isLite)
  }
}

extension Request {
  /// INFO with further candidates (RFC 8840 §10): a way of this phone's own leg, and who makes no checks needs none.
  var namesCandidates: Bool {
    guard method == .info, let type = (try? headers.contentType) ?? nil else { return false }
    return type.type == "application" && type.subtype == "trickle-ice-sdpfrag"
  }
}
