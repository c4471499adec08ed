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
    return words[0] == "secure" ? command.secure() : command.open()
  }

  func secure() -> Int32 {
    guard let recording = Self.recording(input), var secret = secret(mayMake: true) else { return 1 }
    defer { wipe(&secret) }
    guard let sealed = Self.seal(recording, secret) else { return 1 }
    let file = MuLawFile(octets: sealed.payloads, note: sealed.note)
    guard Self.write(file.bytes, output, mode: 0o644) else { return 1 }
    Process.writeOutput(
      "\(output): \(sealed.payloads.count / 160) packets of 160 octets, as a listener on the path would play them\n")
    return 0
  }

  func open() -> Int32 {
    guard let file = Self.muLaw(input), var secret = secret(mayMake: false) else { return 1 }
    defer { wipe(&secret) }
    do throws(RecordingFault) {
      let (samples, rate) = try SealedRecording(payloads: file.octets, note: file.note).open(key: secret)
      guard Self.write(WaveFile.bytes(of: samples, rate: rate), output, mode: 0o600) else { return 1 }
      Process.writeOutput("\(output): \(samples.count / (rate / 1000)) ms at \(rate) Hz\n")
      return 0
    } catch {
      return Self.complain(input, error.description)
    }
  }

  /// The key's 32 octets, as 64 hexadecimal digits in a file. Who secures gets one made where there is none.
  private func secret(mayMake: Bool) -> [UInt8]? {
    if mayMake && !Files.exists(key) {
      do throws(CryptoError) {
        let made = try randomBytes(SealedRecording.keyCount)
        guard Self.write(Array((hex(made) + "\n").utf8), key, mode: 0o600) else { return nil }
        Process.writeError("sotto: \(key): made a new key; who has it hears the voice\n")
        return made
      } catch {
        _ = Self.complain("voice", error.description)
        return nil
      }
    }
    do throws(PlatformError) {
      var text = try Files.read(key, limit: 4096)
      defer { wipe(&text) }
      let line = text.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
      guard let octets = bytes(hex: String(decoding: line, as: UTF8.self)), octets.count == SealedRecording.keyCount
      else {
        _ = Self.complain(key, "is no key; expected 64 hexadecimal digits, as 'openssl rand -hex 32' prints them")
        return nil
      }
      return octets
    } catch {
      _ = Self.complain("voice", error.description)
      return nil
    }
  }

  static func seal(_ recording: WaveFile, _ secret: [UInt8]) -> SealedRecording? {
    do throws(CryptoError) {
      let salt = try randomBytes(SealedRecording.saltCount)
      do throws(CodecError) {
        return try SealedRecording(recording.samples, rate: recording.rate, key: secret, salt: salt)
      } catch {
        _ = complain("voice", error.description)
      }
    } catch {
      _ = complain("voice", error.description)
    }
    return nil
  }

  static func recording(_ path: String) -> WaveFile? {
    guard let bytes = read(path, limit: largest) else { return nil }
    do throws(CodecError) {
      return try WaveFile(bytes)
    } catch {
      _ = complain(path, error.description)
      return nil
    }
  }

  static func muLaw(_ path: String) -> MuLawFile? {
    guard let bytes = read(path, limit: 16 << 20) else { return nil }
    do throws(CodecError) {
      return try MuLawFile(bytes)
    } catch {
      _ = complain(path, error.description)
      return nil
    }
  }

  static func read(_ path: String, limit: Int) -> [UInt8]? {
    do throws(PlatformError) {
      return try Files.read(path, limit: limit)
    } catch {
      _ = complain("voice", error.description)
      return nil
    }
  }

  /// Whole, or not at all.
  static func write(_ bytes: [UInt8], _ path: String, mode: Int32) -> Bool {
    do throws(PlatformError) {
      try Files.writeAtomically(bytes, to: path, mode: mode)
      return true
    } catch {
      _ = complain("voice", error.description)
      return false
    }
  }

  static func complain(_ what: String, _ why: String) -> Int32 {
    Process.writeError("sotto: \(what): \(why)\n")
    return 1
  }
}
