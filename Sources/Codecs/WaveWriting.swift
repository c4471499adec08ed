extension WaveFile {
  /// A WAV file of these samples: 16-bit PCM, one channel.
  @export(interface)
  public static func bytes(of samples: [Int16], rate: Int) -> [UInt8] {
    var data: [UInt8] = []
    data.reserveCapacity(2 * samples.count)
    for sample in samples { appendNumber(UInt16(bitPattern: sample), to: &data) }
    return RIFF.file([("fmt ", format(code: 1, rate: rate, octetsPerSample: 2)), ("data", data)])
  }

  /// The `fmt ` chunk of one channel.
  static func format(code: UInt16, rate: Int, octetsPerSample: Int) -> [UInt8] {
    var format: [UInt8] = []
    appendNumber(code, to: &format)
    appendNumber(1 as UInt16, to: &format)
    appendNumber(UInt32(rate), to: &format)
    appendNumber(UInt32(rate * octetsPerSample), to: &format)
    appendNumber(UInt16(octetsPerSample), to: &format)
    appendNumber(UInt16(8 * octetsPerSample), to: &format)
    return format
  }
}

/// The container of WAV files (Multimedia Programming Interface and Data Specifications 1.0, 1991): chunks, each of a name
/// of four letters, a length and so many octets.
enum RIFF {
  static func file(_ chunks: [(name: StaticString, content: [UInt8])]) -> [UInt8] {
    var body = letters("WAVE")
    for (name, content) in chunks {
      body += letters(name)
      appendNumber(UInt32(content.count), to: &body)
      body += content
      // Chunks begin at even places.
      if content.count & 1 == 1 { body.append(0) }
    }
    var file = letters("RIFF")
    appendNumber(UInt32(body.count), to: &file)
    return file + body
  }

  static func isWave(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 12 && Array(bytes[..<4]) == letters("RIFF") && Array(bytes[8..<12]) == letters("WAVE")
  }

  /// Where the first chunk of a name has its content; one that says that it is longer than the file ends with it.
  static func content(_ name: StaticString, of bytes: [UInt8]) -> Range<Int>? {
    let name = letters(name)
    var place = 12
    while bytes.count - place >= 8 {
      let said = number(bytes, place + 4)
      let body = place + 8
      let count = Int(min(said, UInt32(clamping: bytes.count - body)))
      if Array(bytes[place..<place + 4]) == name { return body..<body + count }
      place = body + min(count + (count & 1), bytes.count - body)
    }
    return nil
  }

  static func number(_ bytes: [UInt8], _ place: Int) -> UInt32 {
    UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8 | UInt32(bytes[place + 2]) << 16
      | UInt32(bytes[place + 3]) << 24
  }

  private static func letters(_ name: StaticString) -> [UInt8] { (0..<4).map { name.utf8Start[$0] } }
}

private func appendNumber(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
  for i in 0..<number.bitWidth / 8 { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * i))) }
}
