import Configuration
import Platform
import Wire

/// The subcommands that are done in a moment: each prints and returns the exit status.
public enum Commands {
  /// 0: no fault; 1: faults, or the file can't be read.
  @export(interface)
  public static func checkConfig(_ path: String, printing section: String?) -> Int32 {
    do throws(LoadError) {
      let configuration = try loadConfiguration(path)
      switch section {
      case nil: Process.writeOutput("\(path): ok: \(summary(configuration))\n")
      case "network": Process.writeOutput(network(configuration.network))
      case "time": Process.writeOutput("servers='\(configuration.time.servers.joined(separator: " "))'\n")
      case .some(let other): return misused("unknown section \(quoted(other)); expected network or time")
      }
      return 0
    } catch {
      Process.writeError(error.lines.joined(separator: "\n") + "\n")
      return 1
    }
  }

  private static func summary(_ configuration: Configuration) -> String {
    let count = configuration.extensions.count
    return "domain \(configuration.domain), \(count) \(count == 1 ? "extension" : "extensions"), "
      + "\(configuration.listeners.count) addresses, media ports for \(configuration.media.mostCalls) calls"
  }

  /// Addresses and checked host names hold nothing that a shell would take for its own.
  private static func network(_ network: NetworkSettings) -> String {
    """
    address='\(network.address?.description ?? "")'
    gateway='\(network.gateway?.description ?? "")'
    nameservers='\(network.nameServers.map { $0.description }.joined(separator: " "))'

    """
  }

  @export(interface)
  public static func status(_ client: ControlClient, json: Bool) -> Int32 {
    answered(client, "status") { answer in json ? answer.description + "\n" : statusText(answer) }
  }

  @export(interface)
  public static func log(_ client: ControlClient, lines: String?) -> Int32 {
    guard let count = Int64(lines ?? "50"), count > 0 else { return misused("--lines takes a number above 0") }
    return answered(client, "log", [JSON.Member("lines", .integer(count))]) { logText($0) }
  }

  @export(interface)
  public static func logLevel(_ client: ControlClient, _ word: String) -> Int32 {
    let words = LogLevel.allCases.map { $0.rawValue }
    guard LogLevel(rawValue: word) != nil else {
      let meant = nearest(to: word, among: words).map { "; did you mean \($0)?" } ?? ""
      return misused("unknown level \(quoted(word)); expected \(words.joined(separator: ", "))\(meant)")
    }
    return answered(client, "log-level", [JSON.Member("level", .text(word))]) { _ in "log level is now \(word)\n" }
  }

  @export(interface)
  public static func reload(_ client: ControlClient) -> Int32 {
    answered(client, "reload") { _ in "the configuration was read again\n" }
  }

  static func answered(
    _ client: ControlClient, _ command: String, _ members: [JSON.Member] = [], _ show: (JSON) -> String
  ) -> Int32 {
    do throws(ControlError) {
      Process.writeOutput(show(try client.ask(command, members)))
      return 0
    } catch {
      Process.writeError("sotto: \(error.description)\n")
      return 1
    }
  }

  /// Exit status 2: the command line is wrong.
  public static func misused(_ message: String) -> Int32 {
    Process.writeError("sotto: \(message)\n")
    return 2
  }
}

/// The lines of an answer to `log`.
func logText(_ answer: JSON) -> String {
  let lines = answer["lines"]?.elements.compactMap { $0.text } ?? []
  return lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
}

/// Why a configuration could not be had.
public enum LoadError: Error, Sendable {
  case unreadable(PlatformError)
  case faulty(ConfigurationError)

  /// One line a fault.
  public var lines: [String] {
    switch self {
    case .unreadable(let error): ["\(error.description); docs/configuration.md says what belongs there"]
    case .faulty(let error): error.lines
    }
  }
}

/// Reads and checks a configuration file.
@export(interface)
public func loadConfiguration(_ path: String) throws(LoadError) -> Configuration {
  let bytes: [UInt8]
  do throws(PlatformError) {
    bytes = try Files.read(path, limit: YAMLLimits.bytes)
  } catch {
    throw .unreadable(error)
  }
  do throws(ConfigurationError) {
    return try Configuration(yaml: bytes, file: path)
  } catch {
    throw .faulty(error)
  }
}
