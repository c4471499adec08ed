import Platform
import Wire

/// `serve`'s end of the connection to the helper.
public struct RelayClient {
  private var stream: RecordStream

  /// Connects to the helper at this path.
  public init(path: String) throws(PlatformError) {
    let socket = try StreamSocket.connect(path: path)
    socket.becomeNonBlocking()
    stream = RecordStream(socket)
  }

  /// Becomes readable when there are replies, and when the helper is gone.
  public var descriptor: Int32 { stream.socket.descriptor }

  /// The helper is gone, and all legs are back at their sockets; to be closed.
  public var isBroken: Bool { stream.isBroken }

  /// Takes a request; `flush` sends it.
  public mutating func ask(_ request: RelayRequest) { stream.add { request.write(to: &$0) } }

  public mutating func flush() { stream.flush() }

  /// Hands over what the helper said.
  public mutating func replies(_ body: (RelayReply) -> Void) {
    stream.read(size: RelayReply.size) { if let reply = RelayReply($0) { body(reply) } }
  }

  public func close() { stream.socket.close() }
}
