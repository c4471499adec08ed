import Crypto
import SecureVoice
import Wire

/// What an exchange may send to a phone that agrees on keys. The input is a sequence of frames, each as attempt and type,
/// index, count and length of one octet each, then the data; with type 15 the data is a whole payload. The phone sends
/// payloads of one length and nothing else, asks no stranger more than three times, never goes back to plain voice, and can be
/// written and read back at any time. The kept inputs have all that a genuine phone sends but voice: so none is heard.
func agreementFault(_ bytes: [UInt8]) -> String? {
  var random = RandomSource(seed: Array("fuzz".utf8))
  var now = Instant.zero
  let settings = AgreementSettings(identity: [UInt8](repeating: 1, count: 32), offersPostQuantum: false)
  var call = SecureCall(
    .tunnel(law: .mu, packet: .milliseconds20), settings, allowsPlain: true, random: &random, now: now)
  var hellos = 0
  var rest = bytes[...]
  while rest.count >= 4 {
    let head = Array(rest.prefix(4))
    let data = Array(rest.dropFirst(4).prefix(Int(head[3])))
    rest = rest.dropFirst(4 + data.count)
    guard let payload = payload(head, data) else { continue }
    let hadHeard = !call.mayBePlain
    if let fault = step(&call, payload, now, hellos: &hellos) { return fault }
    if hadHeard && call.mayBePlain { return "voice may go unprotected again" }
    now += .milliseconds(20)
    if let deadline = call.nextDeadline, deadline <= now { call.wake(now: now) }
    // A long silence now and then.
    if head[0] & 15 == 14 { now += .seconds(11) }
  }
  return nil
}

private func payload(_ head: [UInt8], _ data: [UInt8]) -> [UInt8]? {
  guard let kind = AgreementFrame.Kind(rawValue: head[0] & 15) else { return head[0] & 15 >= 14 ? data : nil }
  guard data.count <= AgreementFrame.mostData else { return nil }
  return AgreementFrame(kind, attempt: head[0] >> 4 & 1, index: head[1], count: head[2], data).bytes(size: 160)
}

private func step(_ call: inout SecureCall, _ payload: [UInt8], _ now: Instant, hellos: inout Int) -> String? {
  var room = [UInt8](repeating: 0, count: call.carrier.voiceCount)
  let voice = room
  let reception = room.withUnsafeMutableBytes { room in
    payload.withUnsafeBytes { call.receive($0, into: room, now: now) }
  }
  switch reception {
  case .voice, .key: return "voice opens that nobody sealed"
  case .nothing, .plain, .foreign: break
  }
  var filled = [UInt8](repeating: 0, count: call.carrier.payloadCount)
  let filling = filled.withUnsafeMutableBytes { filled in
    voice.withUnsafeBytes { call.fill(filled, voice: $0, now: now) }
  }
  if filling == .payload {
    let frame = filled.withUnsafeBytes { AgreementFrame($0) }
    guard let frame else { return call.isSecured ? nil : "a frame that can't be read" }
    if frame.kind == .hello, call.progress == .calling, frame.attempt == 0 { hellos += 1 }
  }
  if hellos > 3 { return "a stranger is asked more than three times" }
  while call.poll() != nil {}
  var writer = StorageWriter()
  writer.put(call)
  var reader = StorageReader(writer.bytes)
  guard let again = try? reader.value(SecureCall.self) else { return "the state can't be read back" }
  var second = StorageWriter()
  second.put(again)
  // The counters of voice go on behind a gap.
  return second.bytes == writer.bytes || call.isSecured ? nil : "the state changes when written"
}
