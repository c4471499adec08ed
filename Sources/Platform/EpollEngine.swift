import CLinux
import Wire

/// Packets by epoll, `recvmmsg` and `sendmmsg`, for kernels and containers that refuse io_uring.
public struct EpollEngine: PacketEngine, ~Copyable {
  private static let batch = 1
  private static let bufferSize = 2048
  private static let wakeToken = UInt64.max

  private let poller: Poller
  private let wake: WakeEvent
  private let mapped: Int32
  private let buffers: UnsafeMutableRawPointer
  private let datagrams: UnsafeMutablePointer<clinux_datagram>
  private let outgoing: UnsafeMutablePointer<clinux_outgoing>
  private let names: UnsafeMutableRawPointer
  private let ready: UnsafeMutablePointer<clinux_ready>
  private var descriptors: [Int32] = []
  private var free: [Int] = []
  /// More was ready than one look takes.
  private var isBehind = false

  public init(family: AddressFamily, wake: WakeEvent) throws(PlatformError) {
    let poller = try Poller()
    try poller.add(wake.descriptor, .readable, token: Self.wakeToken)
    self.poller = poller
    self.wake = wake
    if case .ipv4 = family { mapped = 0 } else { mapped = 1 }
    buffers = .allocate(byteCount: Self.batch * Self.bufferSize, alignment: 64)
    datagrams = .allocate(capacity: Self.batch)
    outgoing = .allocate(capacity: Self.batch)
    names = .allocate(byteCount: Self.batch * 32, alignment: 8)
    ready = .allocate(capacity: 32)
  }

  public mutating func close() {
    for descriptor in descriptors where descriptor >= 0 { clinux_close(descriptor) }
    poller.close()
    buffers.deallocate()
    datagrams.deallocate()
    outgoing.deallocate()
    names.deallocate()
    ready.deallocate()
    descriptors = []
  }

  public mutating func attach(_ descriptor: Int32) -> Int? {
    let slot = free.popLast() ?? descriptors.count
    if slot == descriptors.count { descriptors.append(-1) }
    guard clinux_epoll_control(poller.descriptor, 1, descriptor, 1, UInt64(slot)) == 0 else {
      free.append(slot)
      return nil
    }
    descriptors[slot] = descriptor
    return slot
  }

  public mutating func detach(_ slot: Int) {
    guard descriptors[slot] >= 0 else { return }
    clinux_close(descriptors[slot])
    descriptors[slot] = -1
    free.append(slot)
  }

  public mutating func run(least: Int, timeout: Interval?, _ handler: inout some PacketHandler) -> Int {
    sendOwn(&handler)
    var timeout = timeout
    if least > 1, !isBehind, let gathering = timeout {
      // Epoll cannot wait for a number of events.
      Clock.sleep(gathering)
      timeout = .zero
    }
    let count = clinux_epoll_wait(poller.descriptor, ready, 32, timeout?.microseconds ?? -1)
    isBehind = count == 32
    handler.begin(now: Clock.monotonic())
    var packets = 0
    for i in 0..<max(0, Int(count)) {
      if ready[i].token == Self.wakeToken {
        wake.drain()
      } else {
        packets += receive(Int(ready[i].token), &handler)
      }
    }
    return packets
  }

  private func sendOwn(_ handler: inout some PacketHandler) {
    let room = UnsafeMutableRawBufferPointer(start: buffers, count: Self.bufferSize)
    while let (count, target) = handler.next(into: room) {
      var to = target.address.raw
      let length = clinux_sockaddr(&to, mapped, names)
      outgoing[0] = clinux_outgoing(
        bytes: buffers, sockaddr: names, length: UInt32(count), sockaddr_length: length)
      if clinux_send_batch(descriptors[target.slot], outgoing, 1) <= 0 { handler.unsent(slot: target.slot) }
    }
  }

  private mutating func receive(_ slot: Int, _ handler: inout some PacketHandler) -> Int {
    let received = Int(clinux_receive(descriptors[slot], buffers, Self.bufferSize, datagrams, Int32(Self.batch)))
    guard received > 0 else { return 0 }
    // What goes out by one socket goes in one call.
    var waiting = 0
    var by = -1
    for i in 0..<received where datagrams[i].truncated == 0 && datagrams[i].length <= maxPacketSize {
      let start = buffers + i * Self.bufferSize
      let packet = UnsafeMutableRawBufferPointer(start: start, count: Int(datagrams[i].length))
      guard let target = handler.receive(packet, slot: slot, from: SocketAddress(datagrams[i].from)) else { continue }
      if target.slot != by {
        flush(waiting, by, from: slot, &handler)
        waiting = 0
        by = target.slot
      }
      let name = names + waiting * 32
      var to = target.address.raw
      let length = clinux_sockaddr(&to, mapped, name)
      outgoing[waiting] = clinux_outgoing(
        bytes: start, sockaddr: name, length: datagrams[i].length, sockaddr_length: length)
      waiting += 1
    }
    flush(waiting, by, from: slot, &handler)
    return received
  }

  private func flush(_ count: Int, _ by: Int, from slot: Int, _ handler: inout some PacketHandler) {
    guard count > 0 else { return }
    var done = 0
    while done < count {
      let sent = Int(clinux_send_batch(descriptors[by], outgoing + done, Int32(count - done)))
      // It stops at the first that fails; that one is lost, and the next tried.
      if sent <= 0 { handler.unsent(slot: slot) }
      done += max(1, sent)
    }
  }
}
