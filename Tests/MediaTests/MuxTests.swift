import Platform
import RTP
import Testing
import Wire

@testable import Media

/// RTCP on the port of RTP (RFC 5761), with one phone or with both.
@Suite struct MuxTests {
  private static let controlA = address("192.0.2.10", 4001)
  private static let controlB = address("192.0.2.20", 5001)
  /// The slots of each side: that of RTP, and above it that of RTCP.
  private static let a = 0
  private static let b = 2

  private struct Way: Equatable {
    let slot: Int
    let address: SocketAddress
  }

  private final class House {
    var board = Switchboard(patience: .seconds(60))
    var engine = NoEngine()

    init(a: Bool, b: Bool) {
      for (side, remote, port, muxes) in [(Side.a, Scene.phoneA, 16384, a), (.b, Scene.phoneB, 16386, b)] {
        var leg = Leg(port: UInt16(port), remote: remote, accepts: [Payload(0, .pcmu)], sends: [Payload(0, .pcmu)])
        leg.muxesControl = muxes
        board.perform(
          .setLeg(StreamID(1), side, leg), PortPair(port: leg.port, rtp: -1, control: -1), &engine, now: .zero)
      }
    }

    func receive(_ packet: [UInt8], _ slot: Int, from: SocketAddress) -> Way? {
      var packet = packet
      let target = packet.withUnsafeMutableBytes { board.receive($0, slot: slot, from: from) }
      return target.map { Way(slot: $0.slot, address: $0.address) }
    }
  }

  /// A receiver report of the phone that sends with SSRC 7, and speech of it with the marker, whose second octet is 128.
  private let report: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, 7]
  private let speech = RTPHeader(marker: true, payloadType: 0, sequence: 1, timestamp: 0, ssrc: 7).packet([1, 2])

  @Test(arguments: [true, false], [true, false])
  func reportsGoTheWayThatEachPhoneHasThem(aMuxes: Bool, bMuxes: Bool) {
    let house = House(a: aMuxes, b: bMuxes)
    let slot = { (side: Int, muxes: Bool) in side + (muxes ? 0 : 1) }
    let (atA, atB) = (aMuxes ? Scene.phoneA : Self.controlA, bMuxes ? Scene.phoneB : Self.controlB)
    #expect(
      house.receive(report, slot(Self.a, aMuxes), from: atA) == Way(slot: slot(Self.b, bMuxes), address: atB))
    #expect(
      house.receive(report, slot(Self.b, bMuxes), from: atB) == Way(slot: slot(Self.a, aMuxes), address: atA))
    #expect(house.receive(speech, Self.a, from: Scene.phoneA) == Way(slot: Self.b, address: Scene.phoneB))
  }

  @Test func reportsOnThePortOfSpeechAreNothingWhereThatWasNotAgreedAndOfStrangersNeither() {
    #expect(House(a: false, b: true).receive(report, Self.a, from: Scene.phoneA) == nil)
    let house = House(a: true, b: true)
    #expect(house.receive(report, Self.a, from: address("203.0.113.9", 4000)) == nil)
    #expect(
      house.receive([0x80], Self.a, from: Scene.phoneA) == nil && house.receive([], Self.a, from: Scene.phoneA) == nil)
  }

  @Test func aChangeOfTheWayCountsAtOnce() {
    let house = House(a: true, b: false)
    #expect(house.receive(report, Self.a, from: Scene.phoneA)?.slot == Self.b + 1)
    let leg = Leg(port: 16384, remote: Scene.phoneA, accepts: [Payload(0, .pcmu)], sends: [Payload(0, .pcmu)])
    house.board.perform(.setLeg(StreamID(1), .a, leg), nil, &house.engine, now: .zero)
    #expect(house.receive(report, Self.a, from: Scene.phoneA) == nil)
    #expect(house.receive(report, Self.a + 1, from: Self.controlA)?.slot == Self.b + 1)
  }
}
