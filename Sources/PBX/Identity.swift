import Configuration
import SIP
import Wire

/// Who is said to call: by what was proved, never by what a phone asserts of itself (RFC 3325 §9), and not at all where
/// the caller wants it so (RFC 3323).
extension Exchange {
  /// From of a call's INVITE, without a tag.
  func callersAddress(_ caller: Call.Caller) -> NameAddress {
    guard !caller.isPrivate else {
      // RFC 3323 §4.1.
      return NameAddress(displayName: "Anonymous", URI(user: "anonymous", host: .name("anonymous.invalid")))
    }
    return NameAddress(displayName: caller.name, houseURI(caller.number))
  }

  /// Tells a phone whom it talks with (RFC 3325 §9.1).
  func assertIdentity(_ headers: inout Headers, _ number: String, isPrivate: Bool) {
    guard !isPrivate, let person = configuration.extensions[number] else { return }
    headers.append(.pAssertedIdentity, NameAddress(displayName: person.name, houseURI(number)).description)
  }
}

extension Request {
  /// Whether the sender wants its identity withheld (RFC 3323 §4.2, RFC 3325 §9.3).
  var wantsPrivacy: Bool {
    headers.values(.privacy).contains { value in
      value.utf8.split { $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: ",") || isBlank($0) }.contains { word in
        let name = lowercasedASCII(String(Substring(word)))
        return name == "id" || name == "user" || name == "header"
      }
    }
  }
}
