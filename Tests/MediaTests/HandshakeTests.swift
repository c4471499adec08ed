import Crypto
import Platform
import RTP
import Testing
import Wire

@testable import Media

/// Legs whose keys come from a handshake of DTLS.
@Suite struct HandshakeTests {
  private static let phone = SecurePhone.key(1, .aeadAES128GCM)
  private static let box = SecurePhone.key(3, .aeadAES128GCM)
  private static let keys = LegKeys(own: box, theirs: [phone])
  /// The record of a ClientHello, as far as this thread looks at it.
  private static let hello: [UInt8] = [22, 0xfe, 0xfd] + [UInt8](repeating: 0, count: 60)

  private let house = SecureHouse()
  private let a = SecurePhone(0x0a0a, own: phone, boxes: box)

  init() {
    set(association: 5)
    house.set(.b, nil)
  }

  private func set(association: UInt64, at remote: SocketAddress? = Scene.phoneA) {
    var leg = SecureHouse.leg(.a, nil)
    leg.remote = remote
    leg.signalling = Scene.phoneA.ip
    leg.muxesControl = true
    leg.handshake = Boxed(
      wrappedValue: HandshakeTerms(association: association, isClient: false, fingerprints: [[1, 2, 3]]))
    house.perform(.setLeg(SecureHouse.id, .a, leg), PortPair(port: leg.port, rtp: -1, control: -1))
  }

  /// What signalling is told of a datagram from there.
  private func shaken(_ datagram: [UInt8] = hello, from: SocketAddress = Scene.phoneA) -> [[UInt8]] {
    house.board.begin(now: house.now)
    var datagram = datagram
    let answer = datagram.withUnsafeMutableBytes { house.board.receive($0, slot: 0, from: from) }
    #expect(answer == nil)
    return house.board.takeEvents().compactMap { event in
      guard case .shaken(SecureHouse.id, .a, let octets) = event else { return nil }
      return octets
    }
  }

  /// Where the box's next datagram goes.
  private func destination() -> SocketAddress? {
    house.board.perform(.shake(SecureHouse.id, .a, [20, 1]), nil, &house.engine, now: house.now)
    var room = [UInt8](repeating: 0, count: 2048)
    let next = room.withUnsafeMutableBytes { house.board.next(into: $0) }
    if let next { #expect(Array(room[..<next.count]) == [20, 1] && next.target.slot == 0) }
    return next?.target.address
  }

  private func plain(_ sequence: UInt16) -> [UInt8] {
    RTPHeader(payloadType: 0, sequence: sequence, timestamp: UInt32(sequence) &* 160, ssrc: 0x0c0c).packet([1, 2, 3])
  }

  @Test func withoutKeysNothingGoesEitherWay() {
    #expect(house.receive(plain(1), .a).isEmpty)
    #expect(house.receive(a.speech(), .a).isEmpty)
    #expect(house.receive(plain(2), .b).isEmpty)
    #expect(house.statistics(.a).packetsOut == 0)
  }

  @Test func theKeysOfTheHandshakeOpenAndSeal() throws {
    house.perform(.agreed(SecureHouse.id, .a, association: 5, Self.keys))
    let out = house.receive(a.speech(), .a)
    try #require(out.count == 1)
    #expect(Array(out[0].octets[12...]) == [1, 2, 3, 4])
    let back = house.receive(plain(9), .b)
    try #require(back.count == 1)
    #expect(Array(try #require(a.open(back[0].octets))[12...]) == [1, 2, 3])
    // What is plain is not taken beside it.
    #expect(house.receive(plain(1), .a).isEmpty)
  }

  @Test func keysOfAnotherAssociationAreNotTaken() {
    house.perform(.agreed(SecureHouse.id, .a, association: 6, Self.keys))
    #expect(house.receive(a.speech(), .a).isEmpty)
  }

  @Test func anotherHandshakeIsWaitedFor() {
    house.perform(.agreed(SecureHouse.id, .a, association: 5, Self.keys))
    set(association: 6)
    #expect(house.receive(a.speech(), .a).isEmpty)
    #expect(house.receive(plain(1), .b).isEmpty)
  }

  @Test func datagramsGoToSignallingAndAreAnsweredWhereTheyCameFrom() {
    #expect(destination() == Scene.phoneA)
    #expect(shaken() == [Self.hello])
    // Behind a translator of addresses it comes from another port.
    let translated = SocketAddress(Scene.phoneA.ip, port: 40000)
    #expect(shaken(from: translated) == [Self.hello])
    #expect(destination() == translated)
  }

  @Test func aStrangerIsNotAnswered() {
    #expect(shaken(from: Scene.phoneB).isEmpty)
    #expect(destination() == Scene.phoneA)
    #expect(house.statistics(.a).dropped.foreign == 1)
  }

  @Test func onceThePhoneIsHeardAnotherPortOfItsHostIsAStranger() {
    house.perform(.agreed(SecureHouse.id, .a, association: 5, Self.keys))
    _ = house.receive(a.speech(), .a)
    #expect(shaken(from: SocketAddress(Scene.phoneA.ip, port: 40000)).isEmpty)
    #expect(shaken() == [Self.hello])
  }

  @Test func aFloodCostsSignallingLittle() {
    var told = 0
    for _ in 0..<1000 { told += shaken().count }
    #expect(told == 40)
    house.now = house.now + .seconds(1)
    #expect(shaken().count == 1)
  }

  @Test func aPlainLegHasNoHandshake() {
    var packet = Self.hello
    house.board.begin(now: house.now)
    let answer = packet.withUnsafeMutableBytes { house.board.receive($0, slot: 2, from: Scene.phoneB) }
    #expect(answer == nil && house.board.takeEvents().isEmpty)
    #expect(house.statistics(.b).dropped.malformed == 1)
  }
}
