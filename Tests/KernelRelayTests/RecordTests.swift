import KernelRelay
import Testing
import Wire

@Suite struct RecordTests {
  private func leg(_ source: String, _ target: String) -> KernelLeg {
    KernelLeg(
      source: SocketAddress(IPAddress(source)!, port: 4001), port: 16384, ssrc: 0xdead_beef,
      types: PayloadTypes(low: 1 << 0 | 1 << 8, high: 1 << (101 - 64)),
      target: SocketAddress(IPAddress(target)!, port: 65535), exit: 16390)
  }

  private func bytes(_ request: RelayRequest) -> [UInt8] {
    var bytes: [UInt8] = []
    request.write(to: &bytes)
    return bytes
  }

  @Test func requestsAndRepliesAreReadAsTheyWereWritten() {
    let requests: [RelayRequest] = [
      .take(1, leg("192.0.2.1", "198.51.100.2")), .take(.max, leg("2001:db8::1", "fd00::2")), .leave(7), .count,
      .settled,
    ]
    for request in requests {
      #expect(bytes(request).count == RelayRequest.size)
      #expect(RelayRequest(bytes(request)[...]) == request)
    }
    let replies: [RelayReply] = [
      .count(3, KernelCount(packets: .max, octets: 1 << 40), isLast: false),
      .count(.max, KernelCount(), isLast: true), .refused(9, errno: 13), .foundAll,
      .found(leg("192.0.2.1", "198.51.100.2"), KernelCount(packets: 1 << 40, octets: .max)),
      .found(leg("2001:db8::1", "fd00::2"), KernelCount()),
    ]
    for reply in replies {
      var bytes: [UInt8] = []
      reply.write(to: &bytes)
      #expect(bytes.count == RelayReply.size)
      #expect(RelayReply(bytes[...]) == reply)
    }
  }

  @Test(arguments: [
    ("0.0.0.0", "192.0.2.1"), ("192.0.2.1", "224.0.0.5"), ("192.0.2.1", "255.255.255.255"), ("192.0.2.1", "fd00::1"),
    ("fe80::1", "fd00::1"), ("fd00::1", "ff02::1"),
  ])
  func addressesThatAreNoPhonesAreRefused(source: String, target: String) {
    #expect(RelayRequest(bytes(.take(1, leg(source, target)))[...]) == nil)
  }

  @Test func portsThatAreNotForMediaAreRefused() {
    for (port, exit) in [(UInt16(53), UInt16(16384)), (16384, 1022), (16385, 16384), (16384, 16391)] {
      var leg = leg("192.0.2.1", "192.0.2.2")
      leg.port = port
      leg.exit = exit
      #expect(!leg.isSound)
      #expect(RelayRequest(bytes(.take(1, leg))[...]) == nil)
    }
  }

  @Test func aLegHasFromOneToSixteenPayloadTypes() {
    var leg = leg("192.0.2.1", "192.0.2.2")
    leg.types = PayloadTypes()
    #expect(!leg.isSound)
    leg.types = PayloadTypes(low: 0xffff)
    #expect(leg.isSound)
    leg.types.insert(127)
    #expect(!leg.isSound && leg.types.contains(127) && leg.types.contains(15) && !leg.types.contains(16))
  }

  @Test func whatIsNoRecordIsRefused() {
    let good = bytes(.take(5, leg("192.0.2.1", "192.0.2.2")))
    #expect(RelayRequest(good.dropLast()) == nil)
    #expect(RelayRequest([][...]) == nil)
    for (place, value) in [(0, UInt8(0)), (0, 5), (1, 5), (2, 1), (40, 1)] {
      var bad = good
      bad[place] = value
      #expect(RelayRequest(bad[...]) == nil, "octet \(place) = \(value)")
    }
    #expect(RelayReply([UInt8](repeating: 9, count: RelayReply.size)[...]) == nil)
  }
}
