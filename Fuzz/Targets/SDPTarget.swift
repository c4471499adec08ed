import SDP
import Wire

/// Any body may come as an offer or an answer. What is taken has to survive being written, and every offer of streams
/// has to get an answer that answers line by line.
func sdpFault(_ bytes: [UInt8]) -> String? {
  do throws(SDPError) {
    let description = try SessionDescription.parse(bytes)
    let written = description.serialised()
    guard let again = try? SessionDescription.parse(written) else { return "what was written isn't read" }
    guard again.serialised() == written else { return "what was written again is other bytes" }
    guard again.media.count == description.media.count else { return "writing changes the number of media lines" }
    var audio = try description.offeredStreams()
    guard description.media.indices.contains(audio.index) else { return "the audio stream is no media line" }
    for i in audio.further.indices {
      guard description.media.indices.contains(audio.further[i].index) else { return "a further stream is no line" }
      audio.further[i].number = UInt16(i + 1)
      audio.further[i].ownPort = 16386
    }
    var session = LocalSession(sessionID: 7, iceSecret: IceSecret(high: 1, low: 2))
    let answer = session.answer(description, audio, at: SocketAddress(IPAddress(ipv4: 0x7f00_0001), port: 16384))
    guard answer.media.count == description.media.count else { return "the answer has another number of media lines" }
    if let fault = iceFault(audio, answer) { return fault }
    let offer = session.offer(audio, at: SocketAddress(.anyIPv6, port: 2))
    guard offer.media.count == answer.media.count else { return "an offer after the answer has other lines" }
    guard let echoed = try offer.answeredStreams(session), echoed.formats.isEmpty == audio.formats.isEmpty,
      echoed.further.map({ $0.number }) == audio.further.map({ $0.number })
    else { return "what was offered isn't found in the same as an answer" }
    _ = try description.answeredStreams(session)
    return nil
  } catch {
    return error.description.isEmpty ? "an error without words" : nil
  }
}

/// Whoever offers ICE well is answered so, in words that can be read, and nobody else is.
private func iceFault(_ audio: AudioStream, _ answer: SessionDescription) -> String? {
  guard !audio.formats.isEmpty, let said = try? answer.offeredAudio() else { return nil }
  guard (said.ice != nil) == (audio.ice?.matches == true) else { return "ICE is answered to who did not offer it" }
  guard let ice = said.ice else { return nil }
  return ice.isLite && ice.matches ? nil : "what is said of ICE is not what the line says"
}
