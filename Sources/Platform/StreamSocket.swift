import CLinux
import Wire

/// What a read or write on a stream did.
public enum Transfer: Equatable, Sendable {
  case moved(Int)
  case wouldBlock
  /// The other end closed its side.
  case closed
  case failed(errno: Int32)

  init(_ result: Int, zeroIsClosed: Bool) {
    if result > 0 || (result == 0 && !zeroIsClosed) {
      self = .moved(result)
    } else if result == 0 {
      self = .closed
    } else {
      let number = Int32(truncatingIfNeeded: -result)
      switch number {
      case EAGAIN, EINTR: self = .wouldBlock
      case EPIPE, ECONNRESET: self = .closed
      default: self = .failed(errno: number)
      }
    }
  }
}

/// A connected stream, TCP or in the file system. Whoever holds it closes it.
public struct StreamSocket: Sendable {
  public let descriptor: Int32

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Begins a TCP connection. It is ready to write, with no `connectError`, once it stands.
  /// `dscp` is a differentiated services code point (RFC 2474), 0…63, for all that is sent.
  public static func connect(to address: SocketAddress, dscp: Int32 = 0) throws(PlatformError) -> StreamSocket {
    let family = address.ip.isIPv4 ? CLINUX_IPV4 : CLINUX_IPV6_ONLY
    let fd = try check(clinux_tcp_socket(family), "socket")
    if dscp != 0 { _ = clinux_dscp(fd, family, dscp) }
    var raw = address.raw
    let result = clinux_connect(fd, &raw)
    guard result == 0 || result == -EINPROGRESS else {
      clinux_close(fd)
      throw .system("connect", errno: -result)
    }
    let socket = StreamSocket(descriptor: fd)
    socket.prepare()
    return socket
  }

  /// A blocking connection to a socket in the file system, for a client.
  public static func connect(path: String) throws(PlatformError) -> StreamSocket {
    let fd = clinux_unix_connect(path)
    guard fd >= 0 else { throw .path("connect", path: path, errno: -fd) }
    return StreamSocket(descriptor: fd)
  }

  /// Small messages leave at once, and a peer that vanished is noticed in a few minutes.
  func prepare() {
    _ = clinux_no_delay(descriptor)
    _ = clinux_keep_alive(descriptor, 120)
  }

  public func close() { clinux_close(descriptor) }

  /// The user at the other end of a socket in the file system.
  public var peerUser: UInt32? {
    let user = clinux_peer_user(descriptor)
    return user >= 0 ? UInt32(user) : nil
  }

  /// Has reads and writes return `wouldBlock` where they would wait.
  public func becomeNonBlocking() { _ = clinux_non_blocking(descriptor) }

  /// The errno that ended the attempt to connect, or 0.
  public var connectError: Int32 { -clinux_socket_error(descriptor) }

  public var localAddress: SocketAddress? {
    var raw = clinux_address()
    return clinux_local_address(descriptor, &raw) == 0 ? SocketAddress(raw) : nil
  }

  public var remoteAddress: SocketAddress? {
    var raw = clinux_address()
    return clinux_peer_address(descriptor, &raw) == 0 ? SocketAddress(raw) : nil
  }

  /// Appends what has come, at most `limit` bytes.
  public func read(into bytes: inout [UInt8], limit: Int) -> Transfer {
    let fd = descriptor
    let had = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: limit))
    let result = bytes.withUnsafeMutableBytes { clinux_read(fd, $0.baseAddress! + had, limit) }
    bytes.removeLast(limit - max(0, Int(result)))
    return Transfer(Int(result), zeroIsClosed: true)
  }

  /// Writes what fits now.
  public func write(_ bytes: ArraySlice<UInt8>) -> Transfer {
    let fd = descriptor
    let result = bytes.withUnsafeBytes { clinux_send_stream(fd, $0.baseAddress, $0.count) }
    return Transfer(Int(result), zeroIsClosed: false)
  }
}

/// A listening stream socket, TCP or in the file system.
public struct StreamListener: Sendable {
  public let descriptor: Int32
  private let isTCP: Bool

  /// Listens for TCP; port 0 takes any. An IPv6 address takes IPv6 only. Connections that are accepted inherit `dscp`.
  public init(tcp address: SocketAddress, dscp: Int32 = 0) throws(PlatformError) {
    let family = address.ip.isIPv4 ? CLINUX_IPV4 : CLINUX_IPV6_ONLY
    let fd = try check(clinux_tcp_socket(family), "socket")
    if dscp != 0 { _ = clinux_dscp(fd, family, dscp) }
    var raw = address.raw
    var result = clinux_reuse_address(fd)
    if result >= 0 { result = clinux_bind(fd, &raw, 0) }
    if result >= 0 { result = clinux_listen(fd, 128) }
    guard result >= 0 else {
      clinux_close(fd)
      throw .bind(address: "tcp://\(address.description)", errno: -result)
    }
    descriptor = fd
    isTCP = true
  }

  /// A listener for TCP that another process opened.
  public init(tcpDescriptor: Int32) {
    descriptor = tcpDescriptor
    isTCP = true
  }

  /// Listens on a path; `mode` is its permissions. The leftover of a process that is gone is replaced.
  public init(path: String, mode: Int32) throws(PlatformError) {
    let fd = clinux_unix_listen(path, mode)
    guard fd >= 0 else { throw .path("listen on", path: path, errno: -fd) }
    descriptor = fd
    isTCP = false
  }

  public func close() { clinux_close(descriptor) }

  public var localAddress: SocketAddress? {
    var raw = clinux_address()
    return clinux_local_address(descriptor, &raw) == 0 ? SocketAddress(raw) : nil
  }

  /// The next connection that waits. The address is nil for a socket in the file system.
  public func accept() -> (socket: StreamSocket, from: SocketAddress?)? {
    guard isTCP else {
      let fd = clinux_unix_accept(descriptor)
      return fd >= 0 ? (StreamSocket(descriptor: fd), nil) : nil
    }
    var raw = clinux_address()
    let fd = clinux_accept(descriptor, &raw)
    guard fd >= 0 else { return nil }
    let socket = StreamSocket(descriptor: fd)
    socket.prepare()
    return (socket, SocketAddress(raw))
  }
}
