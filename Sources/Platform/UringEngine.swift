import CLinux
import CUring
import Wire

/// Packets by io_uring: one system call submits a batch of sends and waits for the next batch of packets.
public struct UringEngine: PacketEngine, ~Copyable {
  /// 2 KB each; as many packets may come while a batch is worked on, before they wait in their sockets.
  private static let bufferCount: UInt32 = 512
  private static let bufferSize: UInt32 = 2048
  /// Room in the kernel for a socket of every port, so that a wider range of ports needs no new ring.
  private static let mostSockets: Int32 = 65536
  /// Packets of the handler's own that may be in the submission queue, each with room for its address before it.
  private static let ownCount = 128
  private static let ownSize = 2048
  private static let nameSize = 64

  private struct Slot {
    var descriptor: Int32 = -1
    var closing = false
  }

  /// What an event is about: the kind in the lowest two bits, the slot above.
  private enum Kind: UInt64 { case receive, send, wake, cancel }

  private let ring: OpaquePointer
  private let events: UnsafeMutablePointer<curing_event>
  private let wake: WakeEvent
  private let mapped: Int32
  private var slots: [Slot] = []
  private var free: [Int] = []
  /// Buffers whose packets are in the submission queue.
  private var spent: [Int32] = []
  private let own = UnsafeMutableRawPointer.allocate(byteCount: ownCount * ownSize, alignment: 64)

  /// Opens the ring for the calling thread, which alone may use it; the error carries the errno of a kernel or
  /// container that refuses. `wake` interrupts `run`.
  public init(family: AddressFamily, wake: WakeEvent) throws(PlatformError) {
    var opened: OpaquePointer?
    // The kernel makes no more room than the process may have descriptors.
    let room = min(try Process.raiseDescriptorLimit(), Self.mostSockets)
    let result = curing_open(&opened, 256, UInt32(room), Self.bufferCount, Self.bufferSize)
    guard result == 0, let ring = opened else {
      throw .system("io_uring", errno: -result)
    }
    self.ring = ring
    events = .allocate(capacity: 64)
    spent.reserveCapacity(Int(Self.bufferCount))
    if case .ipv4 = family { mapped = 0 } else { mapped = 1 }
    self.wake = wake
    _ = curing_watch(ring, wake.descriptor, Kind.wake.rawValue)
  }

  public mutating func close() {
    for slot in slots where slot.descriptor >= 0 { clinux_close(slot.descriptor) }
    curing_close(ring)
    events.deallocate()
    own.deallocate()
    slots = []
  }

  private func token(_ kind: Kind, _ slot: Int) -> UInt64 { UInt64(slot) << 2 | kind.rawValue }

  public mutating func attach(_ descriptor: Int32) -> Int? {
    let slot = free.popLast() ?? slots.count
    if slot == slots.count { slots.append(Slot()) }
    guard curing_set_file(ring, UInt32(slot), descriptor) == 0,
      curing_receive(ring, UInt32(slot), token(.receive, slot)) != 0
    else {
      free.append(slot)
      return nil
    }
    slots[slot] = Slot(descriptor: descriptor)
    return slot
  }

  /// The socket is closed once the kernel has let go of its receive request.
  public mutating func detach(_ slot: Int) {
    guard slots[slot].descriptor >= 0, !slots[slot].closing else { return }
    slots[slot].closing = true
    _ = curing_cancel(ring, token(.receive, slot), token(.cancel, slot))
  }

  private mutating func release(_ slot: Int) {
    _ = curing_set_file(ring, UInt32(slot), -1)
    clinux_close(slots[slot].descriptor)
    slots[slot] = Slot()
    free.append(slot)
  }

  public mutating func run(least: Int, timeout: Interval?, _ handler: inout some PacketHandler) -> Int {
    sendOwn(&handler)
    let submitted = curing_wait(ring, UInt32(least), timeout?.microseconds ?? -1)
    if submitted != 0 {
      // A send copies its packet, and none outlives its submission.
      for buffer in spent { curing_return_buffer(ring, buffer) }
      spent.removeAll(keepingCapacity: true)
    }
    handler.begin(now: Clock.monotonic())
    var packets = 0
    while true {
      let taken = Int(curing_take(ring, events, 64))
      for i in 0..<taken { packets += take(events[i], &handler) ? 1 : 0 }
      // Room in the submission queue is for a batch; what else came waits for the next.
      if taken < 64 || packets >= 192 { return packets }
    }
  }

  /// Sends what the handler made itself.
  private func sendOwn(_ handler: inout some PacketHandler) {
    var used = 0
    while true {
      let start = own + used * Self.ownSize
      let room = UnsafeMutableRawBufferPointer(start: start + Self.nameSize, count: Self.ownSize - Self.nameSize)
      guard let (count, target) = handler.next(into: room) else { return }
      var to = target.address.raw
      let length = clinux_sockaddr(&to, mapped, start)
      let sent = curing_send(
        ring, UInt32(target.slot), start + Self.nameSize, UInt32(count), start, length, token(.send, target.slot))
      if sent == 0 { handler.unsent(slot: target.slot) }
      used += 1
      if used == Self.ownCount {
        // Each is needed until it is submitted.
        _ = curing_wait(ring, 0, 0)
        used = 0
      }
    }
  }

  private mutating func take(_ event: curing_event, _ handler: inout some PacketHandler) -> Bool {
    guard let kind = Kind(rawValue: event.token & 3) else { return false }
    let slot = Int(event.token >> 2)
    switch kind {
    case .receive: return received(event, slot, &handler)
    case .send: handler.unsent(slot: slot)
    case .wake:
      wake.drain()
      if event.more == 0 { _ = curing_watch(ring, wake.descriptor, Kind.wake.rawValue) }
    case .cancel: break
    }
    return false
  }

  private mutating func received(_ event: curing_event, _ slot: Int, _ handler: inout some PacketHandler) -> Bool {
    var packet = false
    if event.buffer >= 0 {
      packet = !slots[slot].closing && relay(event, slot, &handler)
      // A buffer whose packet goes nowhere is free at once.
      if spent.last != event.buffer { curing_return_buffer(ring, event.buffer) }
    }
    if event.more == 0 {
      if slots[slot].closing {
        release(slot)
      } else {
        // Out of buffers for a moment, or an error of an earlier send (ICMP): ask again.
        _ = curing_receive(ring, UInt32(slot), token(.receive, slot))
      }
    }
    return packet
  }

  /// Hands a packet over and queues what comes back; its buffer is then the last of `spent`.
  private mutating func relay(_ event: curing_event, _ slot: Int, _ handler: inout some PacketHandler) -> Bool {
    var name: UnsafeMutableRawPointer?
    var bytes: UnsafeMutableRawPointer?
    var nameLength: UInt32 = 0
    var count: UInt32 = 0
    var from = clinux_address()
    guard curing_packet(ring, event.buffer, event.result, &name, &nameLength, &bytes, &count) != 0,
      let name, clinux_read_sockaddr(name, nameLength, &from) != 0
    else { return false }
    let packet = UnsafeMutableRawBufferPointer(start: bytes, count: Int(count))
    guard let target = handler.receive(packet, slot: slot, from: SocketAddress(from)) else { return true }
    // The source's place in the buffer takes the target.
    var to = target.address.raw
    let length = clinux_sockaddr(&to, mapped, name)
    if curing_send(ring, UInt32(target.slot), bytes, count, name, length, token(.send, slot)) != 0 {
      spent.append(event.buffer)
    } else {
      handler.unsent(slot: slot)
    }
    return true
  }
}
