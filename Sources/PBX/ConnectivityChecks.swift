import Media
import SDP
import SIP
import Wire

/// Who is offered ICE: a phone that has said that it speaks it, in its registration or in this dialog.
extension NameAddress {
  /// The feature tag of a Contact (RFC 5768 §4.1).
  var hasICE: Bool { parameters.contains("+sip.ice") }
}

extension Request {
  /// Whether its sender says so, for one that offers nothing which would say it.
  var hasICE: Bool { headers.supports("ice") || ((try? headers.contacts)?.first?.hasICE ?? false) }
}

extension LocalSession {
  /// What the relay has to know of ICE on the stream of that number, 0 for the audio; nil where it was not agreed upon.
  func iceTerms(_ number: UInt16, with theirs: IceDescription?) -> Boxed<IceTerms>? {
    ice(number, with: theirs).map { agreed in
      Boxed(
        wrappedValue: IceTerms(
          fragment: agreed.own.fragment, password: agreed.own.password, theirs: agreed.theirs.credentials.fragment,
          dialog: agreed.session, makesChecks: !agreed.theirs.isLite))
    }
  }
}

extension Request {
  /// INFO with further candidates (RFC 8840 §10): a way of this phone's own leg, and who makes no checks needs none.
  var namesCandidates: Bool {
    guard method == .info, let type = (try? headers.contentType) ?? nil else { return false }
    return type.type == "application" && type.subtype == "trickle-ice-sdpfrag"
  }
}
