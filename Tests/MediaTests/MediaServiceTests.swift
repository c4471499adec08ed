import Platform
import RTP
import Testing
import Wire

@testable import Media

/// The real thread over loopback, by io_uring and by epoll.
@Suite(.serialized) struct MediaServiceTests {
  private struct Phone {
    let socket: UDPSocket
    let receiver = DatagramReceiver()
    let address: SocketAddress

    init() throws {
      socket = try UDPSocket(binding: anyLoopbackPort)
      address = try #require(socket.localAddress)
    }

    func send(_ packet: [UInt8], toPort port: UInt16) {
      socket.send(packet, to: SocketAddress(anyLoopbackPort.ip, port: port))
    }

    /// The packets that come until `count` are there or two seconds have passed.
    func receive(_ count: Int) throws -> [[UInt8]] {
      let poller = try Poller()
      defer { poller.close() }
      try poller.add(socket.descriptor, .readable, token: 0)
      var packets: [[UInt8]] = []
      let deadline = Clock.monotonic() + .seconds(2)
      while packets.count < count && Clock.monotonic() < deadline {
        poller.wait(until: deadline) { _, _ in }
        receiver.receive(from: socket) { packets.append($0.bytes) }
      }
      return packets
    }
  }

  private func next(_ service: MediaService, until wanted: (Event) -> Bool) -> Event? {
    let deadline = Clock.monotonic() + .seconds(5)
    guard let poller = try? Poller() else { return nil }
    defer { poller.close() }
    try? poller.add(service.eventDescriptor, .readable, token: 0)
    while Clock.monotonic() < deadline {
      while let event = service.nextEvent() { if wanted(event) { return event } }
      poller.wait(until: deadline) { _, _ in }
    }
    return nil
  }

  private func service(
    uring: Bool, ports: ClosedRange<UInt16>, patience: Interval = .seconds(60)
  ) throws -> MediaService {
    var settings = RelaySettings(ports: ports)
    settings.allowsUring = uring
    settings.patience = patience
    return try MediaService(settings)
  }

  /// So many ports, waited for if need be: a ring lets go of a socket some moments after its stream ended.
  private func reserve(_ service: MediaService, _ count: Int) -> [UInt16] {
    var ports: [UInt16] = []
    let deadline = Clock.monotonic() + .seconds(5)
    while ports.count < count && Clock.monotonic() < deadline {
      ports += service.reservePorts(count - ports.count)
      Clock.sleep(.milliseconds(1))
    }
    return ports
  }

  @Test(arguments: [true, false])
  func aCallIsRelayedConvertedCountedAndClosed(uring: Bool) throws {
    let service = try service(uring: uring, ports: 21000...21099)
    defer { service.stop() }
    let started = next(service) { if case .started = $0 { true } else { false } }
    guard case .started(let engine) = started else {
      Issue.record("the thread did not start")
      return
    }
    if uring, case .epoll(let refusal) = engine { print("io_uring refused here, errno \(refusal): epoll tried twice") }
    if !uring { #expect(engine == .epoll(refusal: 0)) }
    let ports = service.reservePorts(2)
    #expect(ports.count == 2 && ports.allSatisfy { $0 % 2 == 0 && (21000...21098).contains($0) })
    let (a, b) = (try Phone(), try Phone())
    defer {
      a.socket.close()
      b.socket.close()
    }
    let id = StreamID(5)
    let mu = [Payload(0, .pcmu)]
    let law = [Payload(8, .pcma)]
    service.perform(.setLeg(id, .a, Leg(port: ports[0], remote: a.address, accepts: mu, sends: mu)))
    service.perform(.setLeg(id, .b, Leg(port: ports[1], remote: b.address, accepts: law, sends: law)))
    service.perform(.report(id))
    #expect(next(service) { if case .statistics = $0 { true } else { false } } != nil)
    let silence = [UInt8](repeating: 0xff, count: 160)
    for i in 0..<100 {
      let sequence = UInt16(i)
      a.send(RTPHeader(payloadType: 0, sequence: sequence, timestamp: 0, ssrc: 1).packet(silence), toPort: ports[0])
      b.send(RTPHeader(payloadType: 8, sequence: sequence, timestamp: 0, ssrc: 2).packet(silence), toPort: ports[1])
      if i % 10 == 9 { Clock.sleep(.milliseconds(1)) }
    }
    let atB = try b.receive(100)
    let atA = try a.receive(100)
    #expect(atB.map { Int($0[2]) << 8 | Int($0[3]) } == Array(0..<100))
    #expect(atB.allSatisfy { $0[1] == 8 && $0[12...].allSatisfy { $0 == 0xd5 } && $0.count == 172 })
    #expect(atA.count == 100 && atA.allSatisfy { $0[1] == 0 && $0[8...11].elementsEqual([0, 0, 0, 2]) })
    // A re-INVITE on the same ports changes nothing that runs.
    service.perform(.setLeg(id, .a, Leg(port: ports[0], remote: a.address, accepts: mu, sends: mu)))
    a.send(RTPHeader(payloadType: 0, sequence: 100, timestamp: 0, ssrc: 1).packet(silence), toPort: ports[0])
    #expect(try b.receive(1).count == 1)
    service.perform(.close(id))
    let closed = next(service) { if case .closed = $0 { true } else { false } }
    guard case .closed(id, let counts) = closed else {
      Issue.record("no .closed")
      return
    }
    #expect(counts.a.packetsIn == 101 && counts.b?.packetsIn == 100 && counts.a.packetsOut == 100)
    // Its ports are free again, and others are taken first.
    let later = service.reservePorts(48)
    #expect(later.count == 48 && !later.contains(ports[0]))
    #expect(Set(reserve(service, 2)) == Set(ports))
    #expect(service.reservePorts(1).isEmpty)
  }

  /// What came while one process was dead and the next did not yet read.
  @Test(arguments: [true, false])
  func whatWaitsInTheSocketsOfAStreamThatIsTakenUpReachesTheOtherSide(uring: Bool) throws {
    let service = try service(uring: uring, ports: 21500...21599)
    defer { service.stop() }
    let ports = service.reservePorts(2)
    let (a, b) = (try Phone(), try Phone())
    defer {
      a.socket.close()
      b.socket.close()
    }
    for sequence in 0..<30 as Range<UInt16> {
      for (phone, ssrc, port) in [(a, UInt32(1), ports[0]), (b, 2, ports[1])] {
        phone.send(RTPHeader(payloadType: 0, sequence: sequence, timestamp: 0, ssrc: ssrc).packet([0xff]), toPort: port)
      }
    }
    let id = StreamID(7)
    let mu = [Payload(0, .pcmu)]
    service.perform(.expectBoth(id))
    service.perform(.setLeg(id, .a, Leg(port: ports[0], remote: a.address, accepts: mu, sends: mu)))
    // As long as it likes: nothing is lost before the other side is there.
    Clock.sleep(.milliseconds(50))
    service.perform(.setLeg(id, .b, Leg(port: ports[1], remote: b.address, accepts: mu, sends: mu)))
    #expect(try b.receive(30).count == 30 && a.receive(30).count == 30)
    // One side alone leaves nothing behind either.
    let other = StreamID(8)
    let port = service.reservePorts(1)[0]
    service.perform(.expectBoth(other))
    service.perform(.setLeg(other, .a, Leg(port: port, remote: a.address, accepts: mu, sends: mu)))
    service.perform(.close(other))
    #expect(next(service) { if case .closed(other, _) = $0 { true } else { false } } != nil)
    #expect(reserve(service, 48).contains(port))
  }

  @Test(arguments: [true, false])
  func anEchoAnswersAndSilenceIsSaid(uring: Bool) throws {
    let service = try service(uring: uring, ports: 21200...21299, patience: .milliseconds(200))
    defer { service.stop() }
    let port = try #require(service.reservePorts(1).first)
    let phone = try Phone()
    defer { phone.socket.close() }
    let mu = [Payload(0, .pcmu)]
    service.perform(.setEcho(StreamID(1), Leg(port: port, remote: phone.address, accepts: mu, sends: mu)))
    phone.send(RTPHeader(payloadType: 0, sequence: 3, timestamp: 9, ssrc: 0).packet([1, 2]), toPort: port)
    #expect(
      try phone.receive(1) == [RTPHeader(payloadType: 0, sequence: 3, timestamp: 9, ssrc: .max).packet([1, 2])])
    #expect(next(service) { if case .noMedia(StreamID(1)) = $0 { true } else { false } } != nil)
  }

  @Test(arguments: [true, false])
  func aWiderRangeServesWhollyAndANarrowerOneLeavesStreamsTheirPorts(uring: Bool) throws {
    // Each in a range of its own: a ring that was closed lets go of its sockets after a while.
    let first: UInt16 = uring ? 21500 : 21700
    let service = try service(uring: uring, ports: first...first + 3)
    defer { service.stop() }
    let phone = try Phone()
    defer { phone.socket.close() }
    let echoes: ([UInt16]) throws -> Bool = { ports in
      for port in ports {
        phone.send(RTPHeader(payloadType: 0, sequence: 3, timestamp: 9, ssrc: 0).packet([1, 2]), toPort: port)
      }
      return try phone.receive(ports.count).count == ports.count
    }
    var ports = service.reservePorts(9)
    #expect(ports == [first, first + 2])
    service.setPorts(first...first + 199)
    ports += service.reservePorts(999)
    #expect(ports == Array(stride(from: first, to: first + 199, by: 2)))
    let mu = [Payload(0, .pcmu)]
    for (i, port) in ports.enumerated() {
      service.perform(
        .setEcho(StreamID(UInt32(i)), Leg(port: port, remote: phone.address, accepts: mu, sends: mu)))
    }
    #expect(try echoes(ports))
    service.setPorts(first + 100...first + 109)
    #expect(service.reservePorts(9).isEmpty)
    service.perform(.close(StreamID(0)))
    service.perform(.close(StreamID(50)))
    _ = next(service) { if case .closed(StreamID(50), _) = $0 { true } else { false } }
    #expect(reserve(service, 1) == [first + 100])
    #expect(service.reservePorts(1).isEmpty)
    #expect(try echoes(ports.filter { $0 != first && $0 != first + 100 }))
  }

  @Test func aPortThatWasNotReservedAndAnUnknownStreamAreRefused() throws {
    let service = try service(uring: true, ports: 21300...21309)
    defer { service.stop() }
    service.perform(.setEcho(StreamID(1), Leg(port: 21300, remote: nil, accepts: [], sends: [])))
    #expect(next(service) { if case .failed(_, .portNotReserved(21300)) = $0 { true } else { false } } != nil)
    service.perform(.close(StreamID(2)))
    #expect(next(service) { if case .failed(StreamID(2), .noStream) = $0 { true } else { false } } != nil)
  }

  @Test func portsThatOthersHaveAreSteppedOver() throws {
    let busy = try UDPSocket(binding: SocketAddress(.anyIPv4, port: 21403))
    defer { busy.close() }
    let service = try service(uring: true, ports: 21400...21407)
    defer { service.stop() }
    #expect(service.reservePorts(9) == [21400, 21404, 21406])
    service.perform(.release(port: 21404))
    #expect(service.reservePorts(9) == [21404])
  }
}

private let anyLoopbackPort = SocketAddress(IPAddress("127.0.0.1")!, port: 0)
