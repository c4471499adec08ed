/// A recording in a WAV file (RIFF of Microsoft and IBM, 1991): 16-bit PCM, its channels mixed into one.
public struct WaveFile: Sendable {
  /// Samples a second: 8000, 16000 or 48000.
  public let rate: Int
  /// From 10 ms to ten minutes of them.
  public let samples: [Int16]

  public static let longest = 600

  /// Reads a whole file. A `data` chunk that says that it is longer than the file, as that of a recorder that was killed,
  /// ends with it.
  @export(interface)
  public init(_ bytes: [UInt8]) throws(CodecError) {
    guard let (place, count, channels, rate) = try Self.find(in: bytes, size: bytes.count) else {
      throw .wave(found: "a WAV file without samples")
    }
    samples = Self.mixed(bytes[place..<place + 2 * channels * count], channels, count)
    self.rate = rate
  }

  /// Whether a file of that size which begins so can be played, as far as its beginning tells.
  @export(interface)
  public static func check(beginning: [UInt8], size: Int) throws(CodecError) { _ = try find(in: beginning, size: size) }

  /// Where the samples are, and how many of each channel; nil where the beginning of the file does not tell.
  private static func find(in bytes: [UInt8], size: Int) throws(CodecError) -> (
    place: Int, count: Int, channels: Int, rate: Int
  )? {
    guard bytes.count >= 12, Self.isNamed("RIFF", bytes, 0), Self.isNamed("WAVE", bytes, 8) else {
      throw .wave(found: "no WAV file")
    }
    var format: (channels: Int, rate: Int)?
    var place = 12
    while size - place >= 8 {
      guard bytes.count - place >= 8 else { return nil }
      let said =
        UInt32(bytes[place + 4]) | UInt32(bytes[place + 5]) << 8 | UInt32(bytes[place + 6]) << 16
        | UInt32(bytes[place + 7]) << 24
      let body = place + 8
      let count = Int(min(said, UInt32(clamping: size - body)))
      if Self.isNamed("fmt ", bytes, place) {
        guard bytes.count - body >= count else { return nil }
        format = try Self.format(bytes[body..<body + count])
      }
      if Self.isNamed("data", bytes, place) {
        guard let (channels, rate) = format else { throw .wave(found: "samples before their format") }
        let samples = count / (2 * channels)
        guard samples >= rate / 100 else { throw .wave(found: "less than 10 ms of sound") }
        guard samples <= longest * rate else { throw .wave(found: "\(samples / rate / 60) minutes of sound") }
        return (body, samples, channels, rate)
      }
      // Chunks begin at even places.
      place = body + min(count + (count & 1), size - body)
    }
    throw .wave(found: "a WAV file without samples")
  }

  private static func isNamed(_ name: StaticString, _ bytes: [UInt8], _ place: Int) -> Bool {
    (0..<4).allSatisfy { bytes[place + $0] == name.utf8Start[$0] }
  }

  private static func format(_ chunk: ArraySlice<UInt8>) throws(CodecError) -> (channels: Int, rate: Int) {
    guard chunk.count >= 16 else { throw .wave(found: "a WAV file whose format is cut off") }
    func number(_ offset: Int) -> Int {
      Int(chunk[chunk.startIndex + offset]) | Int(chunk[chunk.startIndex + offset + 1]) << 8
    }
    // WAVE_FORMAT_EXTENSIBLE names the same codes at the start of its sub-format.
    let code = number(0) == 0xfffe && chunk.count >= 26 ? number(24) : number(0)
    guard code == 1 else { throw .wave(found: "a WAV file of format \(code), which is no PCM") }
    guard number(14) == 16 else { throw .wave(found: "samples of \(number(14)) bits") }
    let channels = number(2)
    guard channels == 1 || channels == 2 else { throw .wave(found: "\(channels) channels") }
    let rate = number(4) | (number(6) & 0x7fff) << 16
    guard rate == 8000 || rate == 16000 || rate == 48000 else { throw .wave(found: "\(rate) Hz") }
    return (channels, rate)
  }

  private static func mixed(_ data: ArraySlice<UInt8>, _ channels: Int, _ count: Int) -> [Int16] {
    var samples = [Int16](repeating: 0, count: count)
    data.withUnsafeBytes { octets in
      for i in 0..<count {
        var sum = 0
        for channel in 0..<channels {
          let at = 2 * (i * channels + channel)
          sum += Int(Int16(bitPattern: UInt16(octets[at]) | UInt16(octets[at + 1]) << 8))
        }
        samples[i] = Int16(sum / channels)
      }
    }
    return samples
  }
}
