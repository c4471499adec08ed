import Codecs
import Crypto
import Platform
import SecureVoice
import Wire

/// `sotto voice secure` and `sotto voice open`: recordings through the codec of calls, and back.
public struct VoiceCommand {
  private let input: String
  private let key: String
  private let output: String

  /// The largest recording there is: ten minutes of two channels at 48 kHz, and what may stand before them.
  static let largest = 116 << 20

  init(input: String, key: String, output: String) {
    self.input = input
    self.key = key
    self.output = output
  }

  /// `words` are what stands after `voice`.
  @export(interface)
  public static func run(_ words: [String], _ arguments: Arguments) -> Int32 {
    guard ["secure", "open", "report"].contains(words[0]) else {
      return Commands.misused("'sotto voice' knows secure, open and report. See 'sotto voice --help'.")
    }
    let own = words[0] == "report" ? ["--secured", "--call", "--stream"] : ["--key"]
    for option in ["--secured", "--call", "--stream", "--key"] where arguments[option] != nil && !own.contains(option) {
      return Commands.misused("'sotto voice \(words[0])' takes no \(option). See 'sotto voice --help'.")
    }
    guard let output = arguments["--out"] else { return Commands.misused("voice \(words[0]) needs --out") }
    if words[0] == "report" { return VoiceReportCommand.run(words[1], arguments, output) }
    guard let key = arguments["--key"] else { return Commands.misused("voice \(words[0]) needs --key FILE") }
    guard output != key, output != words[1] else { return Commands.misused("--out names a file that is needed") }
    let command = VoiceCommand(input: words[1], key: key, output: output)
    return CommandFailure.status { () throws(CommandFailure) in
      if words[0] == "secure" { try command.secure() } else { try command.open() }
    }
  }

  private func secure() throws(CommandFailure) {
    let recording = try Self.recording(input)
    var secret = try secret(mayMake: true)
    defer { wipe(&secret) }
    let sealed = try Self.seal(recording, secret)
    try Self.write(MuLawFile(octets: sealed.payloads, note: sealed.note).bytes, output, mode: 0o644)
    Process.writeOutput(
      "\(output): \(sealed.payloads.count / 160) packets of 160 octets, as a listener on the path would play them\n")
  }

  private func open() throws(CommandFailure) {
    let file = try Self.muLaw(input)
    var secret = try secret(mayMake: false)
    defer { wipe(&secret) }
    let (samples, rate) = try step(input) { () throws(RecordingFault) in
      try SealedRecording(payloads: file.octets, note: file.note).open(key: secret)
    }
    try Self.write(WaveFile.bytes(of: samples, rate: rate), output, mode: 0o600)
    Process.writeOutput("\(output): \(samples.count / (rate / 1000)) ms at \(rate) Hz\n")
  }

  /// The key's 32 octets, as 64 hexadecimal digits in a file. Who secures gets one made where there is none.
  private func secret(mayMake: Bool) throws(CommandFailure) -> [UInt8] {
    if mayMake && !Files.exists(key) {
      let made = try Self.random(SealedRecording.keyCount)
      try Self.write(Array((hex(made) + "\n").utf8), key, mode: 0o600)
      Process.writeError("sotto: \(key): made a new key; who has it hears the voice\n")
      return made
    }
    var line = try step("voice") { () throws(PlatformError) in try Files.firstLine(of: key) }
    defer { wipe(&line) }
    guard let octets = bytes(hex: String(decoding: line, as: UTF8.self)), octets.count == SealedRecording.keyCount
    else {
      throw CommandFailure(key, "is no key; expected 64 hexadecimal digits, as 'openssl rand -hex 32' prints them")
    }
    return octets
  }

  static func random(_ count: Int) throws(CommandFailure) -> [UInt8] {
    try step("voice") { () throws(CryptoError) in try randomBytes(count) }
  }

  static func seal(_ recording: WaveFile, _ secret: [UInt8]) throws(CommandFailure) -> SealedRecording {
    let salt = try random(SealedRecording.saltCount)
    return try step("voice") { () throws(CodecError) in
      try SealedRecording(recording.samples, rate: recording.rate, key: secret, salt: salt)
    }
  }

  static func recording(_ path: String) throws(CommandFailure) -> WaveFile {
    let bytes = try read(path, limit: largest)
    return try step(path) { () throws(CodecError) in try WaveFile(bytes) }
  }

  static func muLaw(_ path: String) throws(CommandFailure) -> MuLawFile {
    let bytes = try read(path, limit: 16 << 20)
    return try step(path) { () throws(CodecError) in try MuLawFile(bytes) }
  }

  static func read(_ path: String, limit: Int) throws(CommandFailure) -> [UInt8] {
    try step("voice") { () throws(PlatformError) in try Files.read(path, limit: limit) }
  }

  /// Whole, or not at all.
  static func write(_ bytes: [UInt8], _ path: String, mode: Int32) throws(CommandFailure) {
    try step("voice") { () throws(PlatformError) in try Files.writeAtomically(bytes, to: path, mode: mode) }
  }
}
