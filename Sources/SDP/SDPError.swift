/// Why a body is not a session description, or why its media cannot be used.
public enum SDPError: Error, Hashable, Sendable {
  case tooLong(limit: Int)
  case tooMany(what: StaticName, limit: Int)
  case malformedLine(number: Int)
  case unknownType(number: Int, letter: UInt8)
  case wrongVersion
  case missingOrigin
  case badMediaLine(number: Int)
  case noUsableAudio
  case onlySecureAudio
  case insecureAudio
  case noUsableKeys
  case keysInTheOpen
  case mediaLinesDiffer(offered: Int, answered: Int)

  /// What there was too much of.
  public enum StaticName: Hashable, Sendable {
    case mediaLines, lines, formats
  }

  /// A sentence for a person.
  public var description: String {
    switch self {
    case .tooLong(let limit): "the session description is longer than \(limit) bytes; send a shorter one"
    case .tooMany(.mediaLines, let limit): "more than \(limit) m= lines; offer fewer streams"
    case .tooMany(.lines, let limit): "more than \(limit) lines; send a shorter description"
    case .tooMany(.formats, let limit): "more than \(limit) formats in one m= line; offer fewer codecs"
    case .malformedLine(let number): "line \(number) of the session description does not follow RFC 8866"
    case .unknownType(let number, let letter):
      "line \(number) has the unknown type letter of code \(letter); RFC 8866 section 5 says to reject it"
    case .wrongVersion: "the session description does not start with v=0"
    case .missingOrigin: "the session description has no o= line"
    case .badMediaLine(let number): "the m= line at line \(number) needs a media name, a port, a protocol and formats"
    case .noUsableAudio:
      "no audio stream with a codec in common; offer m=audio by RTP/AVP with PCMU or PCMA"
    case .onlySecureAudio:
      "only encrypted audio is offered, and encryption is off here or its keys would be read by anyone: let the phone"
        + " speak SIP over TLS, or make SRTP optional"
    case .insecureAudio:
      "encryption is required here, and only plain audio is offered: switch on SRTP in the phone, by SDES or by"
        + " DTLS"
    case .noUsableKeys:
      "none of the a=crypto lines can be taken; offer AES_CM_128_HMAC_SHA1_80 without session parameters"
    case .keysInTheOpen:
      "encryption is required here, but its keys would be read by anyone: let the phone speak SIP over TLS, or set its"
        + " SRTP to DTLS"
    case .mediaLinesDiffer(let offered, let answered):
      "the answer has \(answered) m= lines, but the offer had \(offered) (RFC 3264 section 6)"
    }
  }
}
