import Codecs
import Testing

/// A WAV file as it is written by programs of all kinds.
func wave(
  _ samples: [Int16], rate: UInt32 = 8000, channels: UInt16 = 1, bits: UInt16 = 16, code: UInt16 = 1,
  before: [UInt8] = [], extended: Bool = false, said: UInt32? = nil
) -> [UInt8] {
  func two(_ value: UInt16) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8)] }
  func four(_ value: UInt32) -> [UInt8] { two(UInt16(truncatingIfNeeded: value)) + two(UInt16(value >> 16)) }
  let data = samples.flatMap { two(UInt16(bitPattern: $0)) }
  var format = two(extended ? 0xfffe : code) + two(channels) + four(rate) + four(rate * 2) + two(2) + two(bits)
  if extended { format += two(22) + two(16) + four(3) + two(code) + Array(repeating: 0, count: 14) }
  let body =
    Array("WAVE".utf8) + before + Array("fmt ".utf8) + four(UInt32(format.count)) + format + Array("data".utf8)
    + four(said ?? UInt32(data.count)) + data
  return Array("RIFF".utf8) + four(UInt32(body.count)) + body
}

struct WaveFileTests {
  private let samples = (0..<160).map { Int16($0 * 100 - 8000) }

  @Test func aFileIsReadWhateverStandsBeforeItsSamples() throws {
    let note = Array("LIST".utf8) + [3, 0, 0, 0, 65, 66, 67, 0]
    for file in [
      wave(samples), wave(samples, before: note), wave(samples, extended: true), wave(samples, said: 0xffff_ffff),
    ] {
      let read = try WaveFile(file)
      #expect(read.rate == 8000 && read.samples == samples)
    }
    #expect(try WaveFile(wave(samples, rate: 16000)).rate == 16000)
  }

  @Test func twoChannelsBecomeOne() throws {
    let pairs = (0..<480).flatMap { [Int16($0), Int16($0 * 3)] } + [.min, .min]
    let read = try WaveFile(wave(pairs, rate: 48000, channels: 2))
    #expect(read.rate == 48000 && read.samples == (0..<480).map { Int16($0 * 2) } + [.min])
  }

  @Test func whatCannotBePlayedIsNamedWithWhatIsExpected() {
    let files: [([UInt8], String)] = [
      ([], "no WAV file"), (Array("ID3 music".utf8), "no WAV file"), (wave(samples, rate: 44100), "44100 Hz"),
      (wave(samples, bits: 24), "samples of 24 bits"), (wave(samples, channels: 6), "6 channels"),
      (wave(samples, code: 3), "a WAV file of format 3, which is no PCM"), (wave([]), "less than 10 ms of sound"),
      (wave(Array(repeating: 0, count: 8000 * 60 * 11)), "11 minutes of sound"),
    ]
    for (file, found) in files {
      let fault = #expect(throws: CodecError.self) { try WaveFile(file) }
      #expect(
        fault?.description == "found \(found), expected a WAV file of 16-bit PCM, mono or stereo, at 8000, 16000 or "
          + "48000 Hz, ten minutes at most")
    }
  }

  @Test func theBeginningOfAFileTellsWhatItCan() throws {
    let note = Array("LIST".utf8) + [160, 0, 0, 0] + [UInt8](repeating: 65, count: 160)
    for file in [wave(samples, before: note), wave(samples, extended: true), wave(samples, said: 0xffff_ffff)] {
      for count in 12...file.count { try WaveFile.check(beginning: Array(file[..<count]), size: file.count) }
    }
    let long = wave(Array(repeating: 0, count: 8000 * 60 * 11))
    for (file, size) in [
      (wave(samples, rate: 44100), 0), (wave(samples, code: 3), 0), (wave([]), 0), (long, 0),
      (Array("ID3 music".utf8), 0),
      // As a recorder leaves a file when it is killed.
      (wave(samples, said: 0xffff_ffff), 30 << 20),
    ] {
      #expect(throws: CodecError.self) {
        try WaveFile.check(beginning: Array(file.prefix(100)), size: max(size, file.count))
      }
    }
  }

  @Test func aFileThatIsCutOffAnywhereIsReadOrRefused() {
    let whole = wave(samples, before: Array("LIST".utf8) + [255, 255, 255, 255], extended: true) + wave(samples)
    for count in 0...whole.count { _ = try? WaveFile(Array(whole[..<count])) }
    for place in whole.indices.prefix(80) {
      for value: UInt8 in [0, 1, 127, 255] {
        var changed = wave(samples, extended: true)
        changed[place] = value
        _ = try? WaveFile(changed)
      }
    }
  }
}
