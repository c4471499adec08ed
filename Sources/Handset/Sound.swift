import Codecs
import Phone
import Platform
import Wire

/// Where sound comes from, and where it goes.
class Sound {
  /// Samples a second.
  let rate: Int
  private let input: [Int16]
  private var place = 0
  private var tone: ToneGenerator?
  private var output: WaveWriter?
  private let outputPath: String?
  /// What was heard since something was said last; nil where it is not said again.
  private var echo: [Int16]?

  /// Silence, for whoever has sounds of his own.
  init(rate: Int) {
    self.rate = rate
    input = []
    outputPath = nil
  }

  /// `file:IN.wav,OUT.wav`, `file:IN.wav`, `tone`, or `echo`.
  init(_ audio: String) throws(HandsetError) {
    if audio == "echo" {
      rate = 16000
      input = []
      outputPath = nil
      echo = []
      return
    }
    if audio == "tone" {
      rate = 16000
      input = []
      tone = ToneGenerator(Tone([.init(440, 1000), .init(pause: 250)], level: -15), rate: 16000)
      outputPath = nil
      return
    }
    guard audio.hasPrefix("file:") else {
      if audio.hasPrefix("alsa:") { throw .soundCard(audio) }
      throw .audio(audio)
    }
    let paths = audio.dropFirst(5).split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
    guard paths.count <= 2, paths.allSatisfy({ !$0.isEmpty }) else { throw .audio(audio) }
    let wave = try readWave(paths[0])
    rate = wave.rate
    input = wave.samples
    tone = nil
    outputPath = paths.count == 2 ? paths[1] : nil
    // What can't be written is better known before a call.
    if let outputPath { output = try WaveWriter.create(outputPath, rate: rate) }
  }

  /// Whether all of the input was said.
  var isOver: Bool { tone == nil && echo == nil && place == input.count }

  /// What is said in one packet time.
  func read(into samples: UnsafeMutableBufferPointer<Int16>) {
    if tone != nil {
      tone?.fill(samples)
      return
    }
    if let heard = echo {
      // As a microphone before the loudspeaker: the last packet time, whole.
      let count = min(samples.count, heard.count)
      for i in 0..<samples.count - count { samples[i] = 0 }
      for i in 0..<count { samples[samples.count - count + i] = heard[heard.count - count + i] }
      echo = []
      return
    }
    let count = min(samples.count, input.count - place)
    for i in 0..<count { samples[i] = input[place + i] }
    for i in count..<samples.count { samples[i] = 0 }
    place += count
  }

  func write(_ samples: UnsafeBufferPointer<Int16>) {
    output?.write(samples)
    if echo != nil { echo = echo.map { $0.suffix(rate) + samples } }
  }

  /// What a measurement wants to know of the way that voice takes, before each `write`.
  func observe(_ path: VoicePath) {}

  /// The machine stood still: time was left out of what is said and heard.
  func skipped() {}

  /// Another call begins: from the start.
  func rewind() { place = 0 }

  /// No more comes; what was heard is whole.
  func close() { output?.finish() }
}

private func readWave(_ path: String) throws(HandsetError) -> WaveFile {
  let bytes: [UInt8]
  do throws(PlatformError) {
    bytes = try Files.read(path, limit: 64 << 20)
  } catch {
    throw .file(error)
  }
  do throws(CodecError) {
    return try WaveFile(bytes)
  } catch {
    throw .wave(path: path, error)
  }
}

/// A WAV file that grows: whoever reads it before its end finds as much as there is.
final class WaveWriter {
  /// What a size says that nobody knows yet.
  private static let open = UInt32(0x7fff_ff00)
  private let file: OutputFile
  private let rate: Int
  private var octets: UInt32 = 0
  private var waiting: [UInt8] = []

  private init(_ file: OutputFile, rate: Int) throws(PlatformError) {
    self.file = file
    self.rate = rate
    try file.write(Self.header(rate, octets: Self.open))
  }

  static func create(_ path: String, rate: Int) throws(HandsetError) -> WaveWriter {
    do throws(PlatformError) {
      return try WaveWriter(try OutputFile(path), rate: rate)
    } catch {
      throw .file(error)
    }
  }

  func write(_ samples: UnsafeBufferPointer<Int16>) {
    guard octets < Self.open else { return }
    for sample in samples {
      let bits = UInt16(bitPattern: sample)
      waiting.append(UInt8(bits & 255))
      waiting.append(UInt8(bits >> 8))
    }
    octets &+= UInt32(2 * samples.count)
    if waiting.count >= 16384 { flush() }
  }

  private func flush() {
    try? file.write(waiting)
    waiting = []
  }

  func finish() {
    flush()
    try? file.write(Self.header(rate, octets: octets), at: 0)
    file.close()
  }

  /// The header of a file with so many octets of samples, whose lengths stand at its 4th and 40th octet.
  private static func header(_ rate: Int, octets: UInt32) -> [UInt8] {
    var bytes = WaveFile.bytes(of: [], rate: rate)
    for (place, value) in [(4, octets &+ UInt32(bytes.count) &- 8), (40, octets)] {
      for i in 0..<4 { bytes[place + i] = UInt8(truncatingIfNeeded: value >> UInt32(8 * i)) }
    }
    return bytes
  }
}
