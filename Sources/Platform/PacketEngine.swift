import CLinux
import Wire

/// Where to send a packet on: by which socket, to which address.
public struct PacketTarget {
  public var slot: Int
  public var address: SocketAddress

  public init(slot: Int, address: SocketAddress) {
    self.slot = slot
    self.address = address
  }
}

/// Who decides what becomes of packets.
public protocol PacketHandler {
  /// The packets that follow came by now.
  mutating func begin(now: Instant)
  /// A packet came to the socket in this slot. It may be changed in place, and is sent on where a target comes back.
  mutating func receive(_ packet: UnsafeMutableRawBufferPointer, slot: Int, from: SocketAddress) -> PacketTarget?
  /// Writes the next packet that the handler has made itself, nil where there is none. It is asked before each wait.
  mutating func next(into packet: UnsafeMutableRawBufferPointer) -> (count: Int, target: PacketTarget)?
  /// A packet that came to the socket in this slot could not be sent on.
  mutating func unsent(slot: Int)
}

/// Moves datagrams between many UDP sockets of one thread in batches, without allocating. It owns the sockets that are
/// attached to it.
public protocol PacketEngine: ~Copyable {
  /// Takes over a socket; returns its slot, or nil where there is no more room.
  mutating func attach(_ descriptor: Int32) -> Int?
  /// Closes the socket. No packet of it is handed over from here on.
  mutating func detach(_ slot: Int)
  /// Sends what is to be sent, waits for `least` packets, the wake event or the timeout (nil: none), and hands over what
  /// came. Returns the number of packets.
  mutating func run(least: Int, timeout: Interval?, _ handler: inout some PacketHandler) -> Int
  /// Closes everything.
  mutating func close()
}

extension PacketHandler {
  public mutating func next(into packet: UnsafeMutableRawBufferPointer) -> (count: Int, target: PacketTarget)? { nil }
}

extension PacketEngine where Self: ~Copyable {
  /// Closes a socket that could not be attached.
  public func refuse(_ descriptor: Int32) { clinux_close(descriptor) }
}

/// The longest packet that is relayed; longer ones are dropped. No medium that the relay carries comes near.
public let maxPacketSize = 2048 - 64
