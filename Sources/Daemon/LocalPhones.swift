import Configuration
import Numbering
import Platform
import Wire

extension LocalPhone {
  /// Those that the configuration names under `local_audio`.
  static func all(in configuration: Configuration) -> [LocalPhone] {
    guard let listener = configuration.ownListener else { return [] }
    let server = "sip:\(listener.address.description);transport=\(listener.transport.rawValue)"
    let isIPv6 = IPAddress(configuration.domain)?.isIPv4 == false
    let domain = isIPv6 ? "[\(configuration.domain)]" : configuration.domain
    return configuration.localAudio.compactMap { audio in
      guard let known = configuration.extensions[audio.number] else { return nil }
      // Registered anew so often that an exchange that begins afresh soon knows of it; here that costs nothing.
      let account = """
        uri: sip:\(audio.number)@\(domain)
        server: \(server)
        password: "\(known.password)"
        encryption: off
        expires: 120

        """
      let manner = audio.answer == .auto ? ["--answer"] : ["--ring", configuration.country?.name ?? "on"]
      return LocalPhone(
        number: audio.number, account: account,
        // The exchange is on the same box: what is encrypted up to there is encrypted to the end.
        options: ["--audio", "alsa:" + audio.card, "--secure", "off", "--card-lost", "end"] + manner
          + ["--echo-cancel", audio.cancelsEcho ? "on" : "off", "--noise-reduce", audio.reducesNoise ? "on" : "off"])
    }
  }
}

/// The box's own phones: runs each as a child, and starts it again when it ends. What they say goes into the log.
final class LocalPhones {
  private struct Running {
    let child: ChildProcess
    let output: Pipe
    let token: UInt64
    /// A line that has not ended yet.
    var line: [UInt8] = []
    /// What it said, for the one after it not to say it all over again where it fails alike.
    var said: Set<String> = []
  }

  private static let terminate: Int32 = 15
  private static let kill: Int32 = 9
  /// Lines that are remembered of one, and octets of one line.
  private static let mostSaid = 32
  private static let longestLine = 1024

  private let log: Log
  private let poller: Poller
  private var nextToken: UInt64
  private var roster = PhoneRoster()
  private var running: [String: Running] = [:]
  /// What those said last time that end again and again.
  private var saidBefore: [String: Set<String>] = [:]

  /// Wakes `poller` by tokens from `firstToken` on.
  init(_ log: Log, _ poller: Poller, firstToken: UInt64) {
    self.log = log
    self.poller = poller
    nextToken = firstToken
  }

  var nextDeadline: Instant? { roster.nextDeadline }

  /// These are to run from now on.
  func want(_ phones: [LocalPhone]) {
    saidBefore = [:]
    roster.want(phones)
  }

  /// One of them said something.
  func ready(_ token: UInt64) {
    if let number = running.first(where: { $0.value.token == token })?.key { listen(to: number) }
  }

  /// Sees who ended, and does what is due.
  func turn(_ now: Instant) {
    for number in running.keys.sorted() {
      guard let status = running[number]?.child.status() else { continue }
      while listen(to: number) {}
      ended(number, status, now)
    }
    while let step = roster.next(now) {
      switch step {
      case .start(let phone): start(phone, now)
      case .end(let number): signal(Self.terminate, number)
      case .kill(let number): signal(Self.kill, number)
      }
    }
  }

  private func signal(_ signal: Int32, _ number: String) {
    if let child = running[number]?.child { _ = Process.signal(signal, process: child.identifier) }
  }

  private func start(_ phone: LocalPhone, _ now: Instant) {
    do throws(PlatformError) {
      let output = try Pipe()
      nextToken += 1
      do throws(PlatformError) {
        try poller.add(output.reading, .readable, token: nextToken)
        let child = try ChildProcess(
          ["sotto", "phone", "--account", ChildProcess.inheritedInput] + phone.options,
          input: Array(phone.account.utf8), output: output)
        running[phone.number] = Running(child: child, output: output, token: nextToken)
      } catch {
        output.close()
        throw error
      }
    } catch {
      say(error.description, phone.number)
      ended(phone.number, nil, now)
    }
  }

  private func ended(_ number: String, _ status: Int32?, _ now: Instant) {
    let gone = running.removeValue(forKey: number)
    if let gone {
      poller.remove(gone.output.reading)
      gone.output.close()
    }
    let before = saidBefore.removeValue(forKey: number)
    guard let pause = roster.ended(number, now) else { return }
    var fields = [LogField("extension", number)]
    if let status {
      fields.append(status > 128 ? LogField("signal", String(status - 128)) : LogField("status", String(status)))
    }
    log.write(
      before == nil || gone?.said != before ? .warning : .debug, "phone",
      "the phone of a sound card ended, and is started again in \(pause.seconds) s", fields)
    if pause > .seconds(1) { saidBefore[number] = gone?.said }
  }

  /// Takes what it said since; false where that was nothing.
  @discardableResult
  private func listen(to number: String) -> Bool {
    guard var phone = running[number] else { return false }
    let bytes = phone.output.read()
    for byte in bytes {
      if byte != UInt8(ascii: "\n") {
        if phone.line.count < Self.longestLine { phone.line.append(byte) }
      } else if !phone.line.isEmpty {
        let line = String(decoding: phone.line, as: UTF8.self)
        if phone.said.count < Self.mostSaid { phone.said.insert(line) }
        phone.line = []
        say(line, number)
      }
    }
    running[number] = phone
    return !bytes.isEmpty
  }

  private func say(_ line: String, _ number: String) {
    let isNew = saidBefore[number]?.contains(line) != true
    log.write(isNew ? .info : .debug, "phone", line, [LogField("extension", number)])
  }
}
