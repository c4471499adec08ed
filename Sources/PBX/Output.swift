import Configuration
import DNS
import Media
import SIP
import Wire

/// What the exchange asks the daemon to do.
public enum Output: Sendable {
  /// Send a whole message. On a TCP or TLS flow of connection 0 the daemon uses an open connection to that address, or
  /// opens one; if it cannot, it says `connectionClosed` with the same flow.
  case transmit([UInt8], Flow)
  /// The phone at the other end of this connection has promised a sign of life within each such time: close it when none
  /// comes. Means nothing for UDP.
  case expectKeepAlives(Flow, within: Interval)
  /// Whoever opened this TLS connection listens at that port of the same address, and takes requests by the connection as
  /// well: use it for flows of connection 0 to there, if its certificate proves what they demand (RFC 5923).
  case reuse(Flow, port: UInt16)
  /// Hand a command to the media thread.
  case media(Media.Command)
  /// Few media ports are left: reserve up to this many more and `offer` them, or none if none can be had.
  case needPorts(Int)
  /// Ask the domain name system, and hand the answer to `resolved`.
  case resolve(NameQuestion)
  /// Say by `localAddress` from which address of the box a message to `toward` would leave, and at which port the box
  /// listens for that transport.
  case findLocalAddress(Transport, toward: SocketAddress)
  case log(LogEvent)
}

/// A line for the log.
public struct LogEvent: Sendable {
  public var level: LogLevel
  public var subsystem: StaticString
  public var message: String
  public var fields: [Field]

  /// One `key=value`; values come from the network as they are, so the writer escapes them.
  public struct Field: Sendable {
    public var key: StaticString
    public var value: String

    public init(_ key: StaticString, _ value: String) {
      self.key = key
      self.value = value
    }
  }

  public init(_ level: LogLevel, _ subsystem: StaticString, _ message: String, _ fields: [Field] = []) {
    self.level = level
    self.subsystem = subsystem
    self.message = message
    self.fields = fields
  }
}
