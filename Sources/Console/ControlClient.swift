import Platform
import Wire

/// Where the control socket is: what was asked for, else `SOTTO_CONTROL`, else the appliance's place.
public struct ControlPath: Sendable {
  public var path: String
  /// Whether someone named it; a default that cannot be had is no reason not to start.
  public var isExplicit: Bool

  public init(option: String?) {
    let named = option ?? Process.environment("SOTTO_CONTROL")
    path = named ?? "/run/sotto/control"
    isExplicit = named != nil
  }
}

/// Why the running exchange could not be asked.
public enum ControlError: Error, Sendable {
  /// Nobody listens there.
  case notRunning(path: String, reason: String)
  /// It took the request, and no whole answer came in time.
  case noAnswer(path: String)
  /// It answered that it could not.
  case refused(String)

  public var description: String {
    switch self {
    case .notRunning(let path, let reason):
      "sotto serve does not answer at \(path) (\(reason)); start it, or name its socket by --control PATH"
    case .noAnswer(let path): "sotto serve took the request at \(path) and did not answer; its log says why"
    case .refused(let reason): reason
    }
  }
}

/// Asks the running exchange: a line of JSON there, a line of JSON back.
public struct ControlClient: Sendable {
  /// A longer answer is cut off by the client.
  private static let longestAnswer = 4 << 20
  private static let patience = Interval.seconds(5)
  public var path: String

  public init(path: String) { self.path = path }

  /// Sends `{"command": …}` with further members and returns the answer's members.
  @export(interface)
  public func ask(_ command: String, _ members: [JSON.Member] = []) throws(ControlError) -> JSON {
    let (socket, answer, _) = try open(command, members)
    socket.close()
    return answer
  }

  /// Sends a request that is answered by a line and, for as long as the socket is open, by more bytes after it; `rest`
  /// is those that came with the line.
  func open(
    _ command: String, _ members: [JSON.Member]
  ) throws(ControlError) -> (socket: StreamSocket, answer: JSON, rest: [UInt8]) {
    let socket = try begin(command, members)
    do throws(ControlError) {
      guard let (line, rest) = readLine(socket), let answer = JSON(parsing: line) else { throw .noAnswer(path: path) }
      guard answer["ok"]?.bool == true else {
        throw .refused(answer["error"]?.text ?? "it refused without a reason")
      }
      return (socket, answer, rest)
    } catch {
      socket.close()
      throw error
    }
  }

  /// Connects and sends a request.
  private func begin(_ command: String, _ members: [JSON.Member]) throws(ControlError) -> StreamSocket {
    let socket: StreamSocket
    do throws(PlatformError) {
      socket = try StreamSocket.connect(path: path)
    } catch {
      throw .notRunning(path: path, reason: error.errno.map(errorText) ?? error.description)
    }
    let request = JSON.object([JSON.Member("command", .text(command))] + members)
    let line = Array((request.description + "\n").utf8)
    guard case .moved(line.count) = socket.write(line[...]) else {
      socket.close()
      throw .noAnswer(path: path)
    }
    return socket
  }

  /// A line, and what came with it.
  private func readLine(_ socket: StreamSocket) -> (line: [UInt8], rest: [UInt8])? {
    guard let poller = try? Poller() else { return nil }
    defer { poller.close() }
    guard (try? poller.add(socket.descriptor, .readable, token: 0)) != nil else { return nil }
    let deadline = Clock.monotonic() + Self.patience
    var bytes: [UInt8] = []
    while Clock.monotonic() < deadline && bytes.count < Self.longestAnswer {
      var isReady = false
      poller.wait(until: deadline) { _, _ in isReady = true }
      guard isReady else { continue }
      let old = bytes.count
      switch socket.read(into: &bytes, limit: 65536) {
      case .moved, .wouldBlock: break
      case .closed, .failed: return nil
      }
      if let end = bytes[old...].firstIndex(of: UInt8(ascii: "\n")) {
        return (Array(bytes[..<end]), Array(bytes[(end + 1)...]))
      }
    }
    return nil
  }
}
