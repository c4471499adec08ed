import Codecs
import Platform
import Wire

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
