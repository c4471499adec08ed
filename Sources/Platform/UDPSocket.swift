import CLinux
import Wire

/// A bound, non-blocking UDP socket. Whoever holds it closes it.
public struct UDPSocket: Sendable {
  public let descriptor: Int32
  public let family: AddressFamily

  /// Binds to the address; port 0 takes any. The family defaults to the address's own.
  public init(binding address: SocketAddress, family: AddressFamily? = nil) throws(PlatformError) {
    let chosen = family ?? (address.ip.isIPv4 ? .ipv4 : .ipv6Only)
    let fd = try check(clinux_udp_socket(chosen.raw), "socket")
    var mapped = false
    if case .dualStack = chosen { mapped = true }
    var raw = address.raw
    let result = clinux_bind(fd, &raw, mapped ? 1 : 0)
    guard result >= 0 else {
      clinux_close(fd)
      throw .bind(address: "udp://\(address.description)", errno: -result)
    }
    descriptor = fd
    self.family = chosen
  }

  /// A socket that was bound before, such as one that another thread gave back.
  public init(descriptor: Int32, family: AddressFamily) {
    self.descriptor = descriptor
    self.family = family
  }

  public func close() { clinux_close(descriptor) }

  public var localAddress: SocketAddress? {
    var raw = clinux_address()
    return clinux_local_address(descriptor, &raw) == 0 ? SocketAddress(raw) : nil
  }

  /// Has each datagram come with the local address that it was sent to.
  public func askForLocalAddress() throws(PlatformError) {
    try check(clinux_packet_info(descriptor, family.raw), "IP_PKTINFO")
  }

  /// Marks what is sent with a differentiated services code point (RFC 2474), 0…63.
  public func setDSCP(_ value: Int32) { _ = clinux_dscp(descriptor, family.raw, value) }

  /// The kernel's buffers in bytes; it doubles them for its own use.
  public func setBuffers(receive: Int32, send: Int32) { _ = clinux_buffer_sizes(descriptor, receive, send) }

  /// Has the kernel drop datagrams before they take room in the buffer, but for all of `friends` (networks with the length
  /// of their prefix, the dearest first) and that share of the others, of 2³²; nil lets everything in again. IPv6 friends
  /// are known by the first 64 bits at the most.
  @discardableResult
  public func sieve(_ friends: [(address: IPAddress, length: Int)] = [], share: UInt32?) -> Bool {
    guard let share else { return clinux_no_sieve(descriptor) == 0 }
    var isIPv4: Bool { if case .ipv4 = family { true } else { false } }
    let list = friends.filter { $0.address.isIPv4 == isIPv4 }.map {
      clinux_network(address: SocketAddress($0.address, port: 0).raw, prefix: UInt8(clamping: $0.length))
    }
    return clinux_sieve(descriptor, isIPv4 ? 1 : 0, list, Int32(clamping: list.count), share) == 0
  }

  /// Sends a datagram; `from` chooses the local address (its port is not looked at). Returns 0, or the errno.
  @discardableResult
  public func send(_ bytes: [UInt8], to: SocketAddress, from: IPAddress? = nil, scope: UInt32 = 0) -> Int32 {
    var target = to.raw
    var local = SocketAddress(from ?? .anyIPv4, port: 0, scope: scope).raw
    let result = bytes.withUnsafeBytes { buffer in
      withUnsafePointer(to: &local) {
        clinux_send(descriptor, buffer.baseAddress, buffer.count, &target, from == nil ? nil : $0)
      }
    }
    return result < 0 ? -result : 0
  }
}

/// A received datagram.
public struct Datagram: Sendable {
  public var bytes: [UInt8]
  public var from: SocketAddress
  /// The local address that it came to, where the socket was asked for it; the port is 0.
  public var local: SocketAddress
}

/// Room to receive datagrams of up to 65535 bytes in batches; one serves all sockets of a thread. Memory is touched
/// only as far as datagrams reach.
public final class DatagramReceiver {
  private static let stride = 65536
  /// The most that one call hands over.
  public static let batch = 8
  private let buffers: UnsafeMutableRawPointer

  public init() {
    buffers = UnsafeMutableRawPointer.allocate(byteCount: Self.stride * Self.batch, alignment: 4096)
  }

  deinit { buffers.deallocate() }

  /// Hands over up to eight datagrams that wait; returns how many. Level-triggered epoll brings the rest.
  @discardableResult
  public func receive(from socket: UDPSocket, _ body: (Datagram) -> Void) -> Int {
    var found = InlineArray<8, clinux_datagram>(repeating: clinux_datagram())
    var span = found.mutableSpan
    let count = span.withUnsafeMutableBufferPointer {
      clinux_receive(socket.descriptor, buffers, Self.stride, $0.baseAddress, Int32(Self.batch))
    }
    guard count > 0 else { return 0 }
    for i in 0..<Int(count) {
      let bytes = UnsafeRawBufferPointer(start: buffers + i * Self.stride, count: Int(found[i].length))
      body(
        Datagram(bytes: [UInt8](bytes), from: SocketAddress(found[i].from), local: SocketAddress(found[i].local)))
    }
    return Int(count)
  }
}
