import Console
import Crypto
import Delay
import Phone
import Platform
import Wire

/// `sotto delay`: calls a number that returns what it hears, and measures how long that takes.
public enum DelayCommand {
  /// Wide enough for voice, and no work to encode.
  private static let rate = 16000
  static let echoNumber = "*43"

  /// Runs until all markers were said; the exit status.
  @export(interface)
  public static func run(_ arguments: Arguments) throws(PhoneCommand.Misuse) -> Int32 {
    guard let account = arguments["--account"] else {
      throw PhoneCommand.Misuse(description: "delay needs --account FILE|URI")
    }
    let number = arguments.operands[0]
    let count = try whole(arguments, "--count", 1000) ?? 100
    let calls = min(count, try whole(arguments, "--calls", 100) ?? 1)
    let turn = try turn(arguments["--returned-by"], number)
    var options = try PhoneCommand.options(arguments, account, "echo")
    if turn == .exchange {
      guard options.endToEnd != .required else {
        throw PhoneCommand.Misuse(
          description: "the exchange cannot return secured voice as its own: call a phone, or leave --secure out")
      }
      options.endToEnd = .off
    }
    options.call = number
    options.endsWhenSaid = true
    do throws(HandsetError) {
      var measurement = Measurement(number, turn)
      var random = try drawn()
      for call in 0..<calls {
        let share = (call + 1) * count / calls - call * count / calls
        let probe = DelayProbe(Trials(share, rate: rate) { random.next() })
        let phone = try Handset(options, probe)
        _ = phone.run()
        guard phone.lastEnd?.cause == .hungUpHere, probe.isOver else {
          return complain(number, phone.lastEnd?.reason ?? "the exchange does not take this phone")
        }
        measurement.add(probe)
      }
      return try show(measurement, arguments)
    } catch {
      Process.writeError("sotto: delay: " + error.description + "\n")
      return 1
    }
  }

  private static func show(_ measurement: Measurement, _ arguments: Arguments) throws(HandsetError) -> Int32 {
    let report = measurement.report
    guard report.lost < report.trials.count else {
      return complain(
        measurement.number,
        "none of \(report.trials.count) markers came back: it does not say what it hears, as \(echoNumber) and "
          + "'sotto phone --audio echo' do")
    }
    Process.writeOutput("\n" + measurement.title + "\n\n" + report.text)
    do throws(PlatformError) {
      if let path = arguments["--svg"] { try Files.writeAtomically(Array(report.graph.utf8), to: path, mode: 0o644) }
      if let path = arguments["--json"] {
        let text = measurement.json(report).description + "\n"
        try Files.writeAtomically(Array(text.utf8), to: path, mode: 0o644)
      }
      return 0
    } catch {
      throw .file(error)
    }
  }

  private static func complain(_ number: String, _ reason: String) -> Int32 {
    Process.writeError("sotto: delay: \(number): \(reason)\n")
    return 1
  }

  private static func whole(
    _ arguments: Arguments, _ option: String, _ most: UInt32
  ) throws(PhoneCommand.Misuse) -> Int? {
    guard let word = arguments[option] else { return nil }
    let number = decimal(word.utf8, limit: most).flatMap { $0 > 0 ? Int($0) : nil }
    return try PhoneCommand.oneOf(number, option, "a number from 1 to \(most)", word)
  }

  private static func turn(_ word: String?, _ number: String) throws(PhoneCommand.Misuse) -> DelayReport.Turn {
    guard let word else { return number == echoNumber ? .exchange : .phone }
    return try PhoneCommand.oneOf(DelayReport.Turn(rawValue: word), "--returned-by", "phone or exchange", word)
  }

  static func drawn() throws(HandsetError) -> RandomSource {
    do throws(CryptoError) {
      return RandomSource(seed: try randomBytes(32))
    } catch {
      throw .random(error)
    }
  }
}
