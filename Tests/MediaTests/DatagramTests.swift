import Testing
import Wire

@testable import Media

/// Streams that are no RTP: a fax.
struct DatagramTests {
  private let scene: Scene

  init() {
    func leg(_ remote: SocketAddress) -> Leg {
      var leg = Scene.leg(remote, [])
      leg.isRTP = false
      return leg
    }
    scene = Scene(a: leg(Scene.phoneA), b: leg(Scene.phoneB))
  }

  private func send(_ side: Side, from: SocketAddress, _ octets: [UInt8] = [0, 1, 2]) -> RelayStream.Outcome {
    var packet = octets
    defer { #expect(packet == octets, "not an octet is changed") }
    scene.moved = false
    return packet.withUnsafeMutableBytes {
      scene.stream.receive($0, side: side, from: from, now: scene.now, laws: scene.laws, moved: &scene.moved)
    }
  }

  @Test func datagramsPassWhateverTheyLookLike() {
    for octets: [UInt8] in [[0], [0x80, 0, 0, 1], Array(repeating: 0xff, count: 400)] {
      #expect(send(.a, from: Scene.phoneA, octets) == .send(.b, Scene.phoneB))
      #expect(send(.b, from: Scene.phoneB, octets) == .send(.a, Scene.phoneA))
    }
    #expect(scene.counts(.a).packetsIn == 3 && scene.counts(.a).octetsIn == 405)
    #expect(scene.stream.kernelLeg(.a) == nil)
    #expect(scene.sendControl(.a, from: Scene.phoneA, ssrc: 7) == .drop)
  }

  @Test func aStrangerGainsNothingAndATranslatorIsFollowed() {
    let behind = address("192.0.2.10", 4444)
    #expect(send(.a, from: address("192.0.2.99", 4000)) == .drop)
    #expect(send(.a, from: behind) == .send(.b, Scene.phoneB) && scene.moved)
    #expect(send(.b, from: Scene.phoneB) == .send(.a, behind))
    #expect(send(.a, from: address("192.0.2.99", 4000)) == .drop)
    // The named address itself has the last word, once.
    #expect(send(.a, from: Scene.phoneA) == .send(.b, Scene.phoneB) && scene.moved)
    #expect(send(.a, from: behind) == .drop)
    scene.now = scene.now + Latch.patience
    #expect(send(.a, from: address("192.0.2.99", 4000)) == .drop)
    #expect(send(.a, from: behind) == .send(.b, Scene.phoneB))
    #expect(scene.counts(.a).dropped.foreign == 4)
  }

  @Test func directionsHold() {
    var held = Scene.leg(Scene.phoneA, [], takes: false)
    held.isRTP = false
    scene.stream.set(.a, held, now: scene.now)
    #expect(send(.a, from: Scene.phoneA) == .drop)
    #expect(send(.b, from: Scene.phoneB) == .send(.a, Scene.phoneA))
  }
}
