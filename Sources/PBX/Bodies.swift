import SDP
import SIP

/// Why a request is refused, for its final response.
struct Refused: Error {
  let status: Int
  /// A sentence for the Warning header (RFC 3261 §20.43), with its code.
  var warning: (code: Int, text: String)?

  init(_ status: Int, warning: (code: Int, text: String)? = nil) {
    self.status = status
    self.warning = warning
  }

  init(_ error: SDPError) {
    switch error {
    case .noUsableAudio: self.init(488, warning: (305, error.description))
    case .onlySecureAudio: self.init(488, warning: (302, error.description))
    default: self.init(400, warning: (399, error.description))
    }
  }
}

/// The session description in a body, alone or as a part of several (RFC 3261 §7.4, RFC 5621 §3). Nil where there is none.
private func readDescription(_ headers: Headers, _ body: [UInt8]) throws(Refused) -> SessionDescription? {
  guard !body.isEmpty else { return nil }
  guard let type = try? headers.contentType else { throw Refused(400) }
  var content = body
  if !type.isSDP {
    guard let parts = type.parts(of: body) else { return nil }
    let part = parts.first { part in ((try? part.headers.contentType) ?? nil)?.isSDP ?? false }
    guard let part else { return nil }
    content = part.content
  }
  do throws(SDPError) {
    return try SessionDescription.parse(content)
  } catch {
    throw Refused(error)
  }
}

/// The offer of a message; nil where it makes none.
func readOffer(_ headers: Headers, _ body: [UInt8]) throws(Refused) -> Call.Offer? {
  guard let description = try readDescription(headers, body) else { return nil }
  do throws(SDPError) {
    return Call.Offer(description: description, audio: try description.offeredStreams())
  } catch {
    throw Refused(error)
  }
}

/// The streams that the answer accepts of what `session` last offered.
func readAnswer(_ headers: Headers, _ body: [UInt8], to session: LocalSession) throws(Refused) -> AudioStream {
  guard let answer = try readDescription(headers, body) else { throw Refused(488) }
  let audio: AudioStream?
  do throws(SDPError) {
    audio = try answer.answeredStreams(session)
  } catch {
    throw Refused(488)
  }
  guard let audio else { throw Refused(488) }
  return audio
}
