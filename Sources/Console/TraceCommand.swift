import Configuration
import Platform
import Wire

/// `sotto trace`: has the running exchange send its signalling along, and writes that to a file until told to end.
public struct TraceCommand {
  private let client: ControlClient
  private var members: [JSON.Member] = []
  private let output: String
  private var until: Instant?
  /// What came and is no whole record yet.
  private var pending: [UInt8] = []
  private var hasHeader = false
  private var packets: Int64 = 0

  private static let fileHeader = 24
  private static let recordHeader = 16
  private static let longestRecord = 262_144

  /// Nil, with the reason, where the options make no sense.
  public init(
    _ client: ControlClient, output: String?, seconds: String?, number: String?, call: String?, withCredentials: Bool
  ) throws(Misuse) {
    self.client = client
    guard let output else { throw Misuse("trace needs --output FILE, or --output - for standard output") }
    self.output = output
    if let seconds {
      guard let count = Int64(seconds), (1...86400).contains(count) else {
        throw Misuse("--seconds takes a number from 1 to 86400")
      }
      until = Clock.monotonic() + .seconds(count)
    }
    if let number { members.append(JSON.Member("number", .text(number))) }
    if let call {
      guard let id = UInt32(call) else { throw Misuse("--call takes an ID of 'sotto calls'") }
      members.append(JSON.Member("call", .integer(Int64(id))))
    }
    if withCredentials { members.append(JSON.Member("credentials", .bool(true))) }
  }

  public struct Misuse: Error, Sendable {
    public let description: String
    init(_ description: String) { self.description = description }
  }

  /// Runs until a signal, the time, or the end of the exchange. The exit status: 1 where it could not trace.
  @export(interface)
  public mutating func run() -> Int32 {
    do throws(ControlError) {
      let (socket, _, rest) = try client.open("trace", members)
      defer { socket.close() }
      pending = rest
      return record(socket)
    } catch {
      Process.writeError("sotto: \(error.description)\n")
      return 1
    }
  }

  private mutating func record(_ socket: StreamSocket) -> Int32 {
    do throws(PlatformError) {
      let file = try OutputFile(output)
      defer { file.close() }
      let poller = try Poller()
      defer { poller.close() }
      let signals = try SignalReader([SignalReader.interrupt, SignalReader.terminate, SignalReader.hangup])
      defer { signals.close() }
      try poller.add(socket.descriptor, .readable, token: 0)
      try poller.add(signals.descriptor, .readable, token: 1)
      var isOver = false
      var isLost = false
      while !isOver {
        try writeWhole(to: file)
        var isReadable = false
        poller.wait(until: until) { token, _ in
          if token == 1 { isOver = true } else { isReadable = true }
        }
        if let until, Clock.monotonic() >= until { isOver = true }
        guard isReadable else { continue }
        switch socket.read(into: &pending, limit: 65536) {
        case .moved, .wouldBlock: break
        case .closed, .failed: (isOver, isLost) = (true, true)
        }
      }
      try writeWhole(to: file)
      let place = output == "-" ? "" : " in \(output)"
      Process.writeError("\(packets) \(packets == 1 ? "packet" : "packets")\(place)\n")
      if isLost { Process.writeError("sotto: the exchange ended, or closed the trace\n") }
      return isLost ? 1 : 0
    } catch {
      Process.writeError("sotto: \(error.description)\n")
      return 1
    }
  }

  /// Writes what is whole, so that the file never ends within a packet.
  private mutating func writeWhole(to file: OutputFile) throws(PlatformError) {
    var end = 0
    if !hasHeader {
      guard pending.count >= Self.fileHeader else { return }
      hasHeader = true
      end = Self.fileHeader
    }
    while end + Self.recordHeader <= pending.count {
      var length = 0
      for i in 0..<4 { length |= Int(pending[end + 8 + i]) << (8 * i) }
      guard length <= Self.longestRecord, end + Self.recordHeader + length <= pending.count else { break }
      end += Self.recordHeader + length
      packets += 1
    }
    guard end > 0 else { return }
    try file.write(Array(pending[..<end]))
    pending.removeFirst(end)
  }
}
