import SDP
import SIP

/// Why a request is refused, for its final response.
struct Refused: Error {
  let status: Int
  /// A sentence for the Warning header (RFC 3261 §20.43), with its code.
  var warning: (code: Int, text: String)?
  /// What is wrong with the session description, if that is why.
  var fault: SDPError?

  init(_ status: Int, warning: (code: Int, text: String)? = nil) {
    self.status = status
    self.warning = warning
  }

  init(_ error: SDPError) {
    switch error {
    case .noUsableAudio: self.init(488, warning: (305, error.description))
    case .onlySecureAudio, .insecureAudio, .noUsableKeys, .keysInTheOpen:
      self.init(488, warning: (302, error.description))
    default: self.init(400, warning: (399, error.description))
    }
    fault = error
  }
}

/// The session description in a body; nil where there is none.
private func readDescription(_ headers: Headers, _ body: [UInt8]) throws(Refused) -> SessionDescription? {
  guard !body.isEmpty else { return nil }
  guard let type = try? headers.contentType else { throw Refused(400) }
  guard let content = type.sessionDescription(in: body) else { return nil }
  do throws(SDPError) {
    return try SessionDescription.parse(content)
  } catch {
    throw Refused(error)
  }
}

/// The offer of a message, as far as the policy lets it be; nil where it makes none.
func readOffer(_ headers: Headers, _ body: [UInt8], _ policy: MediaPolicy) throws(Refused) -> Call.Offer? {
  guard let description = try readDescription(headers, body) else { return nil }
  do throws(SDPError) {
    return Call.Offer(description: description, audio: try description.offeredStreams(policy))
  } catch {
    throw Refused(error)
  }
}

/// The streams that the answer accepts of what `session` last offered, to one who said `before` until then.
func readAnswer(
  _ headers: Headers, _ body: [UInt8], to session: LocalSession, after before: AudioStream? = nil
) throws(Refused) -> AudioStream {
  guard let answer = try readDescription(headers, body) else { throw Refused(488) }
  let audio: AudioStream?
  do throws(SDPError) {
    audio = try answer.answeredStreams(session, after: before)
  } catch {
    throw Refused(488)
  }
  guard let audio else { throw Refused(488) }
  return audio
}
