import Codecs
import Crypto
import Platform
import QRCode
import VoiceKey
import Wire

/// `sotto keygen`: the identity key of a secure phone, out of the system's random numbers and a voice.
public struct KeygenCommand {
  /// Where the voice comes from.
  public enum Source: Sendable {
    /// A WAV file.
    case file(String)
    /// A sound card, as `SoundCard` names it.
    case microphone(String)
  }

  private let voice: Source
  private let output: String
  private let passphrase: String?
  private let picture: String?

  public init(voice: Source, output: String, passphrase: String?, picture: String?) {
    self.voice = voice
    self.output = output
    self.passphrase = passphrase
    self.picture = picture
  }

  @export(interface)
  public func run() -> Int32 { CommandFailure.status { () throws(CommandFailure) in try make() } }

  private func make() throws(CommandFailure) {
    // An identity that is lost can't be made again.
    if Files.exists(output) {
      throw CommandFailure(output, "is there already; move it away if another is to take its place")
    }
    let recording = try recording()
    var words = try readPassphrase()
    defer { wipe(&words) }
    let random = try step("keygen") { () throws(CryptoError) in try randomBytes(32) }
    let salt = try step("keygen") { () throws(CryptoError) in try randomBytes(28) }
    try keep(random, salt, recording, words)
  }

  private func recording() throws(CommandFailure) -> VoiceRecording {
    let heard: (samples: [Int16], rate: Int)
    let name: String
    switch voice {
    case .file(let path): (heard, name) = (try read(path), path)
    case .microphone(let device): (heard, name) = (try listen(device), device)
    }
    return try step(name) { () throws(VoiceRefusal) in try VoiceRecording(heard.samples, rate: heard.rate) }
  }

  private func read(_ path: String) throws(CommandFailure) -> (samples: [Int16], rate: Int) {
    let bytes = try step("keygen") { () throws(PlatformError) in try Files.read(path, limit: 64 << 20) }
    let file = try step(path) { () throws(CodecError) in try WaveFile(bytes) }
    return (file.samples, file.rate)
  }

  /// Ten seconds of whoever speaks.
  private func listen(_ device: String) throws(CommandFailure) -> (samples: [Int16], rate: Int) {
    try step("keygen") { () throws(SoundCardError) in
      let card = try SoundCard(device, plays: false)
      defer { card.close() }
      Process.writeError("Speak until it says that it is enough.\n")
      let samples = try card.record(.seconds(10)) { left in Process.writeError("\r\(left) s ") }
      Process.writeError("\renough\n")
      return inSpeechRate(samples, card.rate)
    }
  }

  /// 16 kHz: to what is to tell a voice from tones, one with nothing above 8 kHz is all tones.
  private func inSpeechRate(_ samples: [Int16], _ rate: Int) -> (samples: [Int16], rate: Int) {
    guard rate > 16000, var resampler = try? Resampler(from: rate, to: 16000) else { return (samples, rate) }
    let made = [Int16](unsafeUninitializedCapacity: samples.count * 16000 / rate) { room, count in
      room.initialize(repeating: 0)
      count = samples.withUnsafeBufferPointer { resampler.process($0, into: room) }
    }
    return (made, 16000)
  }

  /// At least eight octets: what seals the key is all that keeps a thief of the file from it.
  private func readPassphrase() throws(CommandFailure) -> [UInt8] {
    var words: [UInt8]
    if let passphrase {
      words = try step("keygen") { () throws(PlatformError) in try Files.firstLine(of: passphrase) }
    } else {
      let terminal = Terminal.hideKeys()
      defer { terminal?.restore() }
      words = ask("Passphrase: ", terminal) ?? []
      if terminal != nil, ask("Again: ", terminal) != words {
        throw CommandFailure("keygen", "the two passphrases differ")
      }
    }
    guard words.count >= 8 else {
      throw CommandFailure(
        "keygen", "a passphrase of \(words.count) octets; it needs 8, and four words or more are better")
    }
    return words
  }

  private func ask(_ question: String, _ terminal: Terminal?) -> [UInt8]? {
    if terminal != nil { Process.writeError(question) }
    return Terminal.readLine()
  }

  private func keep(
    _ random: [UInt8], _ salt: [UInt8], _ recording: VoiceRecording, _ words: [UInt8]
  ) throws(CommandFailure) {
    var secret = identitySecret(random: random, recording: recording.samples)
    defer { wipe(&secret) }
    guard let sealed = SealedIdentity(secret: secret, passphrase: words, function: .best, random: salt) else {
      throw CommandFailure("keygen", "the passphrase can't be made a key of; are 64 MB of memory free?")
    }
    let fingerprint = identityFingerprint(sealed.publicKey)
    guard let code = QRCode("sotto-identity:\(fingerprint)") else {
      throw CommandFailure("keygen", "the fingerprint does not fit into a QR code")
    }
    try step("keygen") { () throws(PlatformError) in
      try Files.writeAtomically(Array(sealed.text.utf8), to: output)
      if let picture { try Files.writeAtomically(Array(code.svg.utf8), to: picture, mode: 0o644) }
    }
    Process.writeOutput(report(recording, sealed, fingerprint) + code.terminal)
  }

  private func report(_ recording: VoiceRecording, _ sealed: SealedIdentity, _ fingerprint: String) -> String {
    let seal =
      switch sealed.function {
      case .argon2id(let kilobytes, let passes): "Argon2id, \(kilobytes / 1024) MB, \(passes) passes"
      case .scrypt(let logarithm): "scrypt, \(1 << (Int(logarithm) - 10)) MB, for this build has no Argon2id"
      }
    let groups = grouped(fingerprint)
    return """
      recording    \(tenths(recording.seconds)) s, \(recording.rate) Hz, the voice \
      \(tenths(recording.separation.ratio)) dB above the noise
      health       good: repetition count and adaptive proportion (SP 800-90B 4.4), of noise and voice
      estimate     bits a sample, of the lowest eight (SP 800-90B 6.3):
                   commonest  collision  Markov  compression
        voice      \(row(recording.voice))
        noise      \(row(recording.noise))
      credit       none. These are upper bounds; the key is as strong as the system's random numbers,
                   and the voice can only add to them
      sealed       in \(output), by \(seal)
      fingerprint  \(groups[..<8].joined(separator: " "))
                   \(groups[8...].joined(separator: " "))

      """
  }

  private func row(_ estimates: EntropyEstimates) -> String {
    padded(tenths(estimates.mostCommonValue), to: 11) + padded(tenths(estimates.collision), to: 11)
      + padded(tenths(estimates.markov), to: 8) + tenths(estimates.compression)
  }
}
