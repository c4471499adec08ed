import Codecs
import Console
import Numbering
import Phone
import Platform
import Wire

/// `sotto phone`: a telephone in a terminal.
public enum PhoneCommand {
  public struct Misuse: Error {
    public let description: String
  }

  /// Runs until the phone is switched off; the exit status.
  @export(interface)
  public static func run(_ arguments: Arguments) throws(Misuse) -> Int32 {
    guard let account = arguments["--account"], let audio = arguments["--audio"] else {
      throw Misuse(
        description: "phone needs --account FILE|URI and --audio alsa:DEVICE, file:IN.wav,OUT.wav, tone or echo")
    }
    var options = try options(arguments, account, audio)
    options.call = arguments["--call"]
    options.answers = arguments["--answer"] != nil
    options.json = arguments["--json"] != nil
    if let word = arguments["--ring"] {
      let country = Country(word)
      guard word == "on" || country != nil else {
        throw Misuse(description: "--ring takes a country by its two letters, such as DE, or on; not " + word)
      }
      options.ring = CountryTones(country?.name).ringing
    }
    if let word = arguments["--card-lost"] {
      let ends: Bool? = word == "end" ? true : word == "wait" ? false : nil
      options.endsWithCard = try oneOf(ends, "--card-lost", "end or wait", word)
    }
    do throws(HandsetError) {
      return try Handset(options).run()
    } catch {
      Process.writeError("sotto: phone: " + error.description + "\n")
      return 1
    }
  }

  /// What any of our phones may be told.
  static func options(
    _ arguments: Arguments, _ account: String, _ audio: String
  ) throws(Misuse) -> HandsetOptions {
    var options = HandsetOptions(account: try self.account(account), audio: audio)
    if let authority = arguments["--authority"] { options.account.authority = authority }
    options.identity = arguments["--identity"]
    options.passphrase = arguments["--passphrase"]
    options.peers = arguments["--peers"] ?? Process.environment("HOME").map { $0 + "/.sotto-peers" }
    if let word = arguments["--secure"] {
      options.endToEnd = try oneOf(EndToEnd(rawValue: word), "--secure", "required, preferred or off", word)
    }
    if let word = arguments["--encryption"] {
      let wish = Account.Encryption(rawValue: word)
      options.account.encryption = try oneOf(wish, "--encryption", "required, preferred or off", word)
    }
    if let word = arguments["--post-quantum"] {
      options.requiresPostQuantum = try oneOf(
        word == "required" ? true : word == "preferred" ? false : nil, "--post-quantum", "required or preferred", word)
    }
    options.cancelsEcho = try isOn("--echo-cancel", arguments)
    options.reducesNoise = try isOn("--noise-reduce", arguments)
    if let word = arguments["--packet"] {
      options.packetTime = try oneOf(word == "20" ? 20 : word == "10" ? 10 : nil, "--packet", "20 or 10", word)
    }
    if let word = arguments["--buffer"] {
      let time = decimal(word.utf8, limit: 200)
      options.buffer = .milliseconds(Int64(try oneOf(time, "--buffer", "milliseconds up to 200", word)))
    }
    if let word = arguments["--seconds"] {
      let seconds = decimal(word.utf8, limit: 86400)
      options.limit = .seconds(Int64(try oneOf(seconds, "--seconds", "a number up to 86400", word)))
    }
    switch arguments["--carrier"] {
    case nil: if options.endToEnd == .required { options.codecs = [.opus, .muLaw, .aLaw] }
    case "opus"?: options.codecs = [.opus]
    case "g711"?: options.codecs = [.muLaw, .aLaw]
    case let word?: throw Misuse(description: "--carrier takes opus or g711, not " + word)
    }
    return options
  }

  private static func isOn(_ option: String, _ arguments: Arguments) throws(Misuse) -> Bool {
    guard let word = arguments[option] else { return true }
    return try oneOf(word == "on" ? true : word == "off" ? false : nil, option, "on or off", word)
  }

  static func oneOf<Value>(
    _ value: Value?, _ option: String, _ expected: String, _ found: String
  ) throws(Misuse) -> Value {
    guard let value else { throw Misuse(description: option + " takes " + expected + ", not " + found) }
    return value
  }

  /// A URI, whose password comes from SOTTO_PASSWORD or the terminal, or a file.
  private static func account(_ text: String) throws(Misuse) -> Account {
    do throws(HandsetError) {
      var account = try readAccount(text)
      guard account.password.isEmpty else { return account }
      if let password = Process.environment("SOTTO_PASSWORD") {
        account.password = password
      } else if let words = try? askHidden("Password of \(account.user): ", orElse: .noPassphrase) {
        account.password = String(decoding: words, as: UTF8.self)
      }
      return account
    } catch {
      throw Misuse(description: text + ": " + error.description)
    }
  }

  private static func readAccount(_ text: String) throws(HandsetError) -> Account {
    let isURI = text.hasPrefix("sip:") || text.hasPrefix("sips:")
    let bytes = isURI ? [] : try readFile(text, limit: 65536)
    do throws(AccountError) {
      return isURI ? try Account(uri: text) : try Account(file: bytes)
    } catch {
      throw .account(error)
    }
  }
}
