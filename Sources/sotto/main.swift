// The process's entry: picks a subcommand, nothing else.
import Configuration
import Console
import Daemon
import Handset
import KernelRelay
import Platform
import SelfTest
import Wire

Process.exit(run(Process.arguments()))

func run(_ words: [String]) -> Int32 {
  guard let name = words.first else {
    Process.writeError(CommandTable.help)
    return 2
  }
  if ["--help", "-h", "help"].contains(name) {
    Process.writeOutput(CommandTable.help)
    return 0
  }
  let wanted = name == "--version" ? "version" : name
  guard let command = CommandTable.all.first(where: { $0.name == wanted }) else {
    let meant = nearest(to: name, among: CommandTable.all.map { $0.name }).map { "; did you mean \($0)?" } ?? "."
    return Commands.misused("unknown command \(quoted(name))\(meant) See 'sotto --help'.")
  }
  do throws(Arguments.Failure) {
    let arguments = try Arguments(Array(words.dropFirst()), of: command)
    if arguments.wantsHelp {
      Process.writeOutput(command.help)
      return 0
    }
    return perform(command, arguments, words)
  } catch {
    return Commands.misused(error.description)
  }
}

func trace(_ client: ControlClient, _ arguments: Arguments) -> Int32 {
  do throws(TraceCommand.Misuse) {
    var command = try TraceCommand(
      client, output: arguments["--output"], seconds: arguments["--seconds"], number: arguments["--number"],
      call: arguments["--call"], withCredentials: arguments["--with-credentials"] != nil)
    return command.run()
  } catch {
    return Commands.misused(error.description)
  }
}

/// Does something so many times; `works` says whether all went well.
func measure(_ word: String, _ option: String, _ what: String, _ works: (Int) -> Bool) -> Int32 {
  guard let count = decimal(word.utf8, limit: 10_000_000).map({ Int($0) }), count > 0 else {
    return Commands.misused("\(option) takes a number from 1 to 10000000")
  }
  let start = Clock.monotonic()
  guard works(count) else {
    Process.writeError("sotto: something else came out than should; see 'sotto selftest'\n")
    return 1
  }
  let took = Clock.monotonic() - start
  Process.writeOutput("\(count) \(what) in \(tenths(Double(took.microseconds) / Double(count))) µs each\n")
  return 0
}

func perform(_ command: CommandDescription, _ arguments: Arguments, _ words: [String]) -> Int32 {
  let control = ControlPath(option: arguments["--control"])
  let client = ControlClient(path: control.path)
  switch command.name {
  case "serve", "supervise":
    guard let file = arguments["--config"] else { return Commands.misused("\(command.name) needs --config FILE") }
    var level: LogLevel?
    if let word = arguments["--log-level"] {
      level = LogLevel(rawValue: word)
      if level == nil { return Commands.misused("unknown level \(quoted(word)). See 'sotto serve --help'.") }
    }
    let state = arguments["--state"] ?? Process.environment("SOTTO_STATE") ?? "/var/lib/sotto"
    if command.name == "supervise" {
      return supervise(Array(words.dropFirst()), configurationFile: file, logLevel: level)
    }
    return serve(
      configurationFile: file, control: control, state: state,
      relayHelper: arguments["--relay"] ?? RelayHelper.defaultPath, logLevel: level)
  case "relay-helper":
    guard let user = UInt32(arguments["--user"] ?? "0") else { return Commands.misused("--user takes a number") }
    return RelayHelper.run(path: arguments["--relay"] ?? RelayHelper.defaultPath, user: user)
  case "check-config": return Commands.checkConfig(arguments.operands[0], printing: arguments["--print"])
  case "status": return Commands.status(client, json: arguments["--json"] != nil)
  case "calls": return Commands.calls(client, last: arguments["--last"], json: arguments["--json"] != nil)
  case "call": return Commands.call(client, arguments.operands, json: arguments["--json"] != nil)
  case "trace": return trace(client, arguments)
  case "trunks": return Commands.trunks(client)
  case "trunk": return Commands.trunk(client, arguments.operands)
  case "console": return ConsoleMenu(client: client).run()
  case "log": return Commands.log(client, lines: arguments["--lines"])
  case "log-level": return Commands.logLevel(client, arguments.operands[0])
  case "reload": return Commands.reload(client)
  case "selftest":
    if let count = arguments["--frames"] {
      let what = "frames of \(SelfTest.frameVoiceCount) octets, sealed and opened by AES-256-GCM"
      return measure(count, "--frames", what) { SelfTest.sealAndOpen(frames: $0) }
    }
    if let count = arguments["--clean"] {
      let what = "seconds at \(SelfTest.cleanedRate) Hz, rid of echo and noise"
      return measure(count, "--clean", what) { SelfTest.cleanVoice(seconds: $0) }
    }
    let report: (String) -> Void = { Process.writeOutput($0 + "\n") }
    let (passed, failed) =
      arguments["--vectors"].map { SelfTest.runVectors(in: $0, report: report) } ?? SelfTest.run(report: report)
    Process.writeOutput("\(passed) passed, \(failed) failed\n")
    return failed == 0 ? 0 : 1
  case "grow":
    return Commands.grow(disk: arguments.operands[0], partition: arguments.operands[1], folder: arguments.operands[2])
  case "keygen":
    let file = arguments["--voice"].map { KeygenCommand.Source.file($0) }
    let microphone = arguments["--microphone"].map { KeygenCommand.Source.microphone($0) }
    guard let voice = file ?? microphone, file == nil || microphone == nil, let output = arguments["--output"] else {
      return Commands.misused("keygen needs --voice FILE or --microphone DEVICE, and --output FILE")
    }
    return KeygenCommand(
      voice: voice, output: output, passphrase: arguments["--passphrase"], picture: arguments["--svg"]
    ).run()
  case "voice": return VoiceCommand.run(arguments.operands, arguments)
  case "phone", "delay":
    do throws(PhoneCommand.Misuse) {
      return command.name == "phone" ? try PhoneCommand.run(arguments) : try DelayCommand.run(arguments)
    } catch {
      return Commands.misused(error.description)
    }
  case "update": return UpdateCommand.run(arguments.operands[0], arguments)
  case "slot":
    let action = arguments.operands.first
    guard action == "check" else { return SlotCommand.run(action, arguments) }
    return SelfCall.run(configuration: arguments["--config"] ?? "/data/sotto.yaml", client)
  case "sntp": return SNTPCommand(servers: arguments.operands).run(onlyPrint: arguments["--print"] != nil)
  default:
    Process.writeOutput("sotto \(sottoVersion)\n")
    return 0
  }
}
