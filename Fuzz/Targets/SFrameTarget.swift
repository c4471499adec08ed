import SecureVoice

/// A frame of any suite: its header lies inside it and is read again as it is written, and nobody without the key makes
/// one that opens. What is sealed opens, and only as it is.
func sframeFault(_ bytes: [UInt8]) -> String? {
  var count = 0
  guard let header = bytes.withUnsafeBytes({ SFrameHeader($0, count: &count) }) else { return nil }
  guard (1...min(bytes.count, SFrameHeader.most)).contains(count) else { return "the header reaches out of the frame" }
  let written = header.bytes
  var again = 0
  guard written.count <= count, written.withUnsafeBytes({ SFrameHeader($0, count: &again) }) == header,
    again == written.count
  else { return "the header changes when written" }
  var room = [UInt8](repeating: 0, count: bytes.count)
  for suite in SFrameSuite.allCases {
    let key = SFrameKey(suite, baseKey: [1, 2, 3], keyID: header.keyID)
    func opened(_ frame: [UInt8]) -> Int? {
      frame.withUnsafeBytes { frame in room.withUnsafeMutableBytes { key.open(frame, into: $0) } }
    }
    guard opened(bytes) == nil else { return "a frame opens that nobody sealed" }
    let payload = Array(bytes[count...])
    var frame = [UInt8](repeating: 0, count: key.count(payload: payload.count, counter: header.counter))
    let sealed = frame.withUnsafeMutableBytes { frame in
      payload.withUnsafeBytes { key.seal($0, counter: header.counter, into: frame) }
    }
    guard sealed == frame.count, opened(frame) == payload.count, Array(room[..<payload.count]) == payload else {
      return "what was sealed doesn't open"
    }
    frame[bytes.count % frame.count] ^= 1
    guard opened(frame) == nil else { return "a changed frame opens" }
  }
  return nil
}
