import SDP
import Wire

/// Any body may come as an offer or an answer. What is taken has to survive being written, and every offer with audio
/// has to get an answer that answers line by line.
func sdpFault(_ bytes: [UInt8]) -> String? {
  do throws(SDPError) {
    let description = try SessionDescription.parse(bytes)
    let written = description.serialised()
    guard let again = try? SessionDescription.parse(written) else { return "what was written isn't read" }
    guard again.serialised() == written else { return "what was written again is other bytes" }
    guard again.media.count == description.media.count else { return "writing changes the number of media lines" }
    let audio = try description.offeredAudio()
    guard description.media.indices.contains(audio.index) else { return "the audio stream is no media line" }
    var session = LocalSession(sessionID: 7)
    let answer = session.answer(description, audio, at: SocketAddress(IPAddress(ipv4: 0x7f00_0001), port: 16384))
    guard answer.media.count == description.media.count else { return "the answer has another number of media lines" }
    _ = try description.answeredAudio(at: audio.index, of: session.offer(audio, at: SocketAddress(.anyIPv6, port: 2)))
    return nil
  } catch {
    return error.description.isEmpty ? "an error without words" : nil
  }
}
