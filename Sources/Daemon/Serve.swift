import Configuration
import Console
import Media
import Platform

/// Why the daemon could not start.
enum StartError: Error {
  case platform(PlatformError)
  case media(MediaError)
  case tls(TLSReadError)
  case recording(RecordingError)
  case noRandomness
  case noAddress

  var description: String {
    switch self {
    case .platform(let error): error.description
    case .media(let error): error.description
    case .tls(let error): error.description
    case .recording(let error): error.description
    case .noRandomness: "the kernel gives no random numbers"
    case .noAddress: "sip.listen has only IPv6 addresses, and this machine has no IPv6; add udp://0.0.0.0:5060"
    }
  }
}

/// `sotto serve`: starts the exchange and runs it to its end. The exit status: 0 after a signal ended it, 1 where it could
/// not start.
@export(interface)
public func serve(
  configurationFile: String, control: ControlPath, state: String, relayHelper: String, logLevel: LogLevel?
) -> Int32 {
  do throws(LoadError) {
    let configuration = try loadConfiguration(configurationFile)
    let log = Log(level: logLevel ?? configuration.logLevel)
    do throws(StartError) {
      _ = try? Process.raiseDescriptorLimit()
      let server = try Server(
        file: configurationFile, configuration: configuration, state: state, relayHelper: relayHelper, log: log)
      try server.openControl(control)
      try server.takeUp(control)
      server.tellOfOwnPhones()
      return server.run()
    } catch {
      Process.writeError("sotto: \(error.description)\n")
      return 1
    }
  } catch {
    Process.writeError(error.lines.joined(separator: "\n") + "\n")
    return 1
  }
}

extension Server {
  /// They are the supervisor's; without one there are none.
  func tellOfOwnPhones() {
    store.tellConfigured()
    guard Supervision.current == nil, !configuration.localAudio.isEmpty else { return }
    log.write(
      .warning, "daemon", "local_audio is left out, for 'sotto supervise' runs its phones, and this is 'sotto serve'")
  }

  /// Someone who named a socket needs it; the default one may belong to the running exchange, or to root.
  func openControl(_ place: ControlPath) throws(StartError) {
    do throws(PlatformError) {
      if !place.isExplicit { try? Files.makeFolder("/run/sotto") }
      control = try ControlServer(path: place.path, poller: poller)
    } catch {
      guard !place.isExplicit else { throw .platform(error) }
      log.write(
        .warning, "daemon", "no control socket, so no status and no console; give --control PATH",
        [LogField("reason", error.description)])
    }
  }
}
