/// A WAV file of µ-law octets, one channel at 8000 Hz, as telephony keeps it. A chunk of its own may say more of the octets;
/// players pass over it.
public struct MuLawFile: Sendable {
  public static let rate = 8000
  /// Some more than ten minutes.
  private static let most = 8000 * 601
  /// WAVE_FORMAT_MULAW.
  private static let code: UInt16 = 7

  public var octets: [UInt8]
  /// Content of the chunk `sott`, empty where there is none.
  public var note: [UInt8]

  public init(octets: [UInt8], note: [UInt8] = []) {
    self.octets = octets
    self.note = note
  }

  /// Reads a whole file.
  @export(interface)
  public init(_ bytes: [UInt8]) throws(CodecError) {
    guard RIFF.isWave(bytes) else { throw .muLaw(found: "no WAV file") }
    guard let format = RIFF.content("fmt ", of: bytes), format.count >= 16 else {
      throw .muLaw(found: "a WAV file without a format")
    }
    let first = RIFF.number(bytes, format.lowerBound)
    guard UInt16(truncatingIfNeeded: first) == Self.code else {
      throw .muLaw(found: "a WAV file of format \(first & 0xffff), which is no µ-law")
    }
    guard first >> 16 == 1 else { throw .muLaw(found: "\(first >> 16) channels") }
    let rate = RIFF.number(bytes, format.lowerBound + 4)
    guard rate == UInt32(Self.rate) else { throw .muLaw(found: "\(rate) Hz") }
    guard let data = RIFF.content("data", of: bytes), !data.isEmpty else {
      throw .muLaw(found: "a WAV file without samples")
    }
    guard data.count <= Self.most else { throw .muLaw(found: "\(data.count / Self.rate / 60) minutes of sound") }
    octets = Array(bytes[data])
    note = RIFF.content("sott", of: bytes).map { Array(bytes[$0]) } ?? []
  }

  @export(interface)
  public var bytes: [UInt8] {
    // A format that is not PCM counts its extension, and how many samples there are.
    let format = WaveFile.format(code: Self.code, rate: Self.rate, octetsPerSample: 1) + [0, 0]
    let count = (0..<4).map { UInt8(truncatingIfNeeded: octets.count >> (8 * $0)) }
    var chunks: [(name: StaticString, content: [UInt8])] = [("fmt ", format), ("fact", count)]
    if !note.isEmpty { chunks.append(("sott", note)) }
    chunks.append(("data", octets))
    return RIFF.file(chunks)
  }
}
