import SecureVoice

extension SelfTest {
  /// Octets of voice in a frame that `sealAndOpen` works on: 20 ms in a G.711 tunnel.
  public static let frameVoiceCount = 140

  /// Seals and opens so many frames as calls have them, for whoever wants to know what one costs on this processor.
  /// Returns whether each came out as it went in.
  @export(interface)
  public static func sealAndOpen(frames: Int) -> Bool {
    let key = SFrameKey(.aes256GCM, baseKey: [UInt8](repeating: 1, count: 32), keyID: 1)
    // As in calls: with counters from here on each header has four octets.
    let firstCounter: UInt64 = 0x1_0000
    var voice = [UInt8](repeating: 0, count: frameVoiceCount)
    var frame = [UInt8](repeating: 0, count: 4 + frameVoiceCount + 16)
    var opened = voice
    for number in 0..<frames {
      voice[number % frameVoiceCount] = UInt8(truncatingIfNeeded: number)
      let sealed = voice.withUnsafeBytes { voice in
        frame.withUnsafeMutableBytes { key.seal(voice, counter: firstCounter + UInt64(number), into: $0) }
      }
      let count = frame.withUnsafeBytes { frame in
        opened.withUnsafeMutableBytes { key.open(frame, into: $0) }
      }
      // The tag vouches for all octets; comparing them would cost more than opening them.
      guard sealed == frame.count, count == voice.count,
        opened[number % frameVoiceCount] == UInt8(truncatingIfNeeded: number)
      else { return false }
    }
    return opened == voice
  }
}
