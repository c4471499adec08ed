import Crypto
import RTP
import SRTP
import Testing
import Wire

@testable import Media

@Suite struct SecureStreamTests {
  private static let phones = (a: SecurePhone.key(1), b: SecurePhone.key(2, .aeadAES256GCM))
  private static let boxes = (a: SecurePhone.key(3), b: SecurePhone.key(4, .aeadAES256GCM))
  private static let keysA = LegKeys(own: boxes.a, theirs: [phones.a])
  private static let keysB = LegKeys(own: boxes.b, theirs: [phones.b])
  private let a = SecurePhone(0x0a0a, own: phones.a, boxes: boxes.a, sequence: 65530)
  private let b = SecurePhone(0x0b0b, own: phones.b, boxes: boxes.b)
  private let house = SecureHouse()

  private func speech(_ sequence: UInt16, ssrc: UInt32 = 0x0c0c, _ octets: [UInt8] = [1, 2, 3, 4]) -> [UInt8] {
    RTPHeader(payloadType: 0, sequence: sequence, timestamp: UInt32(sequence) &* 160, ssrc: ssrc).packet(octets)
  }

  @Test func bothLegsHaveTheirOwnKeys() throws {
    house.set(.a, Self.keysA)
    house.set(.b, Self.keysB)
    var heard: [RTPHeader] = []
    // Across the end of the phone's numbers.
    for i in UInt8(0)..<20 {
      let out = house.receive(a.speech([i, 9, 9, 9]), .a)
      try #require(out.count == 1)
      #expect(out[0].slot == 2)
      let opened = try #require(b.open(out[0].octets))
      #expect(Array(opened[12...]) == [i, 9, 9, 9])
      #expect(!out[0].octets.contains(subsequence: [i, 9, 9, 9]))
      heard.append(header(opened))
    }
    #expect(Set(heard.map { $0.ssrc }).count == 1 && heard[0].ssrc != a.ssrc)
    for (one, next) in zip(heard, heard.dropFirst()) {
      #expect(next.sequence == one.sequence &+ 1)
      #expect(next.timestamp == one.timestamp &+ 160)
    }
    #expect(house.statistics(.a).packetsIn == 20)
    #expect(house.statistics(.b).packetsOut == 20)
  }

  @Test func anEncryptedPhoneTalksToAPlainOne() throws {
    house.set(.a, Self.keysA)
    house.set(.b, nil)
    let out = house.receive(a.speech(), .a)
    try #require(out.count == 1)
    #expect(Array(out[0].octets[12...]) == [1, 2, 3, 4])
    let back = house.receive(speech(77), .b)
    try #require(back.count == 1)
    #expect(back[0].slot == 0)
    #expect(!back[0].octets.contains(subsequence: [1, 2, 3, 4]))
    #expect(Array(try #require(a.open(back[0].octets))[12...]) == [1, 2, 3, 4])
  }

  @Test func nothingPlainForgedOrRepeatedIsTaken() throws {
    house.set(.a, Self.keysA)
    house.set(.b, nil)
    let genuine = a.speech()
    #expect(house.receive(speech(1), .a).isEmpty)
    #expect(house.receive(b.speech(), .a).isEmpty)
    #expect(house.receive(genuine, .a).count == 1)
    #expect(house.receive(genuine, .a).isEmpty)
    let counts = house.statistics(.a)
    #expect(counts.packetsIn == 1)
    #expect(counts.dropped.unauthentic == 2)
    #expect(counts.dropped.replayed == 1)
  }

  @Test func gapsAndOrderStayAsTheyCame() throws {
    house.set(.a, Self.keysA)
    house.set(.b, nil)
    var sent: [UInt16] = []
    for number in [UInt16(100), 101, 105, 104, 106, 106] {
      for (_, octets) in house.receive(speech(number), .b) {
        sent.append(header(try #require(a.open(octets))).sequence)
      }
    }
    // The last came twice, and no number goes out twice under a key.
    #expect(sent.map { $0 &- sent[0] } == [0, 1, 5, 4, 6])
  }

  @Test func whoeverSpeaksThePhoneHearsOneSource() throws {
    house.set(.a, Self.keysA)
    house.set(.b, nil)
    var heard: [RTPHeader] = []
    for (number, ssrc) in [(UInt16(100), UInt32(5)), (101, 5), (9, 6), (10, 6), (5000, 6), (101, 5)] {
      for (_, octets) in house.receive(speech(number, ssrc: ssrc), .b) {
        heard.append(header(try #require(a.open(octets))))
      }
      house.now = house.now + .milliseconds(20)
    }
    #expect(heard.count == 6)
    #expect(Set(heard.map { $0.ssrc }).count == 1)
    #expect(heard.map { $0.sequence &- heard[0].sequence } == [0, 1, 2, 3, 4, 5])
    #expect(heard.map { $0.timestamp &- heard[0].timestamp } == [0, 160, 320, 480, 640, 800])
    #expect(heard.map { $0.marker } == [true, false, true, false, true, true])
  }

  @Test func reportsAreTheExchangesOwnAndSealed() throws {
    house.set(.a, Self.keysA)
    house.set(.b, nil)
    for i in UInt16(0)..<10 {
      _ = house.receive(a.speech(), .a)
      _ = house.receive(speech(i), .b)
    }
    let report = a.seal([0x80, 201, 0, 1, 0, 0, 0x0a, 0x0a], isControl: true)
    #expect(house.receive(report, .a, isControl: true).isEmpty)
    #expect(house.receive([0x80, 201, 0, 1, 0, 0, 0x0a, 0x0a], .a, isControl: true).isEmpty)
    #expect(house.statistics(.a).controlIn == 1)
    house.now = house.now + .seconds(8)
    let made = house.made()
    #expect(Set(made.map { $0.slot }) == [1, 3])
    for (slot, octets) in made {
      let plain = slot == 1 ? try #require(a.open(octets, isControl: true)) : octets
      #expect(plain.withUnsafeBytes { RTCPCompound($0) } != nil)
      #expect((slot == 1) == (octets.count == plain.count + 14))
    }
  }

  @Test func holdMusicComesFromTheSameSource() throws {
    house.set(.a, Self.keysA)
    house.set(.b, nil)
    let first = header(try #require(a.open(house.receive(speech(1), .b)[0].octets)))
    house.set(.a, Self.keysA, sound: .music)
    house.now = house.now + .milliseconds(100)
    let music = house.made().compactMap { a.open($0.octets) }.map { header($0) }
    #expect(music.count >= 4)
    #expect(Set(music.map { $0.ssrc }) == [first.ssrc])
    #expect(music[0].sequence == first.sequence &+ 1)
    house.set(.a, Self.keysA)
    let after = header(try #require(a.open(house.receive(speech(40), .b)[0].octets)))
    #expect(after.ssrc == first.ssrc)
    #expect(after.sequence == music.last!.sequence &+ 1)
  }

  @Test func aNewKeyOfThePhoneIsTakenUpInTheMiddle() throws {
    house.set(.a, Self.keysA)
    house.set(.b, nil)
    #expect(house.receive(a.speech(), .a).count == 1)
    let late = a.speech()
    let another = SecurePhone(a.ssrc, own: SecurePhone.key(9), boxes: Self.boxes.a, sequence: a.sequence)
    house.set(.a, LegKeys(own: Self.boxes.a, theirs: [SecurePhone.key(9)]))
    #expect(house.receive(another.speech(), .a).count == 1)
    #expect(house.receive(late, .a).count == 1)
    // What the phone hears goes on as it was.
    #expect(house.receive(speech(1), .b).count == 1)
  }

  @Test func anotherPhoneHearsASourceThatBegins() throws {
    house.set(.a, Self.keysA)
    house.set(.b, nil)
    let first = header(try #require(a.open(house.receive(speech(1), .b)[0].octets)))
    let other = SecurePhone(0x0e0e, own: SecurePhone.key(9), boxes: SecurePhone.key(10))
    house.set(.a, LegKeys(own: SecurePhone.key(10), theirs: [SecurePhone.key(9)]))
    let second = header(try #require(other.open(house.receive(speech(2), .b)[0].octets)))
    #expect(second.ssrc != first.ssrc)
  }

  @Test func nothingGoesOutBeyondWhatAnotherProcessWouldKnow() throws {
    house.set(.a, Self.keysA)
    house.set(.b, nil)
    house.keeps = false
    var passed = 0
    for i in UInt16(0)..<1000 { passed += house.receive(speech(i), .b).count }
    #expect(passed == Int(SourcePoint.ahead))
    house.keeps = true
    if let told = house.sources[.a] { house.perform(.kept(SecureHouse.id, .a, told)) }
    #expect(house.receive(speech(1000), .b).count == 1)
  }

  @Test func anotherProcessUsesNoNumberTwice() throws {
    house.set(.a, Self.keysA)
    house.set(.b, nil)
    var used: Set<UInt64> = []
    var last: UInt16 = 0
    var rollover: UInt64 = 0
    func note(_ packet: [UInt8]) throws {
      let number = header(try #require(a.open(packet))).sequence
      if number < last, last > 60000 { rollover += 1 }
      last = number
      #expect(used.insert(rollover << 16 | UInt64(number)).inserted)
    }
    for i in UInt16(0)..<900 { for (_, octets) in house.receive(speech(i), .b) { try note(octets) } }
    for _ in 0..<5 { _ = house.receive(a.speech(), .a) }
    house.now = house.now + .seconds(1)
    house.board.checkSilence(now: house.now)
    _ = house.made()

    let next = SecureHouse()
    next.now = house.now
    for side in [Side.a, .b] {
      next.perform(.resume(SecureHouse.id, side, Continuation(heard: nil, source: house.sources[side])))
    }
    next.set(.a, Self.keysA)
    next.set(.b, nil)
    for i in UInt16(900)..<1800 { for (_, octets) in next.receive(speech(i), .b) { try note(octets) } }
    #expect(used.count == 1800)
    // And it hears the phone go on.
    #expect(next.receive(a.speech(), .a).count == 1)
    guard case .own(let point) = house.sources[.a] else { return #expect(Bool(false)) }
    #expect(point.phone == SecureReceiver.Source(ssrc: a.ssrc, rollover: 0))
  }

  @Test func theKernelHasNothingOfIt() {
    let scene = Scene(a: SecureHouse.leg(.a, Self.keysA), b: SecureHouse.leg(.b, nil))
    scene.stream.legs[0].untouched = 200
    scene.stream.legs[1].untouched = 200
    #expect(scene.stream.kernelLeg(.a) == nil && scene.stream.kernelLeg(.b) == nil)
  }

  @Test func anEchoIsHeardUnderTheBoxsKey() throws {
    var leg = SecureHouse.leg(.a, Self.keysA)
    leg.givesMedia = true
    house.perform(.setEcho(SecureHouse.id, leg), PortPair(port: leg.port, rtp: -1, control: -1))
    let out = house.receive(a.speech([7, 7, 7]), .a)
    try #require(out.count == 1)
    #expect(out[0].slot == 0)
    let opened = try #require(a.open(out[0].octets))
    #expect(Array(opened[12...]) == [7, 7, 7])
    #expect(header(opened).ssrc != a.ssrc)
  }
}

extension [UInt8] {
  fileprivate func contains(subsequence: [UInt8]) -> Bool {
    indices.dropLast(subsequence.count - 1).contains { Array(self[$0..<$0 + subsequence.count]) == subsequence }
  }
}
