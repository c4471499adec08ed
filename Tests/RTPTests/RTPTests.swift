import RTP
import Testing

func header(_ bytes: [UInt8]) -> RTPHeader? { bytes.withUnsafeBytes { RTPHeader($0) } }
func compound(_ bytes: [UInt8], reduced: Bool = false) -> RTCPCompound? {
  bytes.withUnsafeBytes { RTCPCompound($0, allowReducedSize: reduced) }
}

@Suite struct RTPHeaderTests {
  let plain = RTPHeader(marker: true, payloadType: 8, sequence: 0xfffe, timestamp: 0x8000_0001, ssrc: 0xdead_beef)

  @Test func whatIsWrittenIsRead() throws {
    let read = try #require(header(plain.packet([1, 2, 3])))
    #expect(read.marker && read.payloadType == 8 && read.sequence == 0xfffe)
    #expect(read.timestamp == 0x8000_0001 && read.ssrc == 0xdead_beef)
    #expect(read.payloadOffset == 12 && read.payloadCount == 3)
  }

  @Test func contributingSourcesExtensionAndPaddingAreSteppedOver() throws {
    var packet = plain.packet([])
    packet[0] = 0x80 | 0x20 | 0x10 | 2
    packet += [UInt8](repeating: 7, count: 8)  // two contributing sources
    packet += [0xbe, 0xde, 0, 1, 1, 1, 1, 1]  // an extension of one word
    packet += [42, 43]
    packet += [0, 0, 3]  // padding
    let read = try #require(header(packet))
    #expect(read.payloadOffset == 28 && read.payloadCount == 2)
  }

  @Test func lengthsThatPassTheEndAreRefused() {
    #expect(header([]) == nil)
    let packet = plain.packet([1])
    for count in 0..<12 { #expect(header(Array(packet.prefix(count))) == nil) }
    for first: UInt8 in [0x00, 0x40, 0xc0, 0x81, 0x8f, 0x90] {
      #expect(header([first] + packet.dropFirst()) == nil, "first octet \(first)")
    }
    // An extension of 65535 words, padding of 0 and more padding than payload.
    #expect(header([0x90] + packet[1..<12] + [0, 0, 255, 255]) == nil)
    #expect(header([0xa0] + packet[1..<12] + [0]) == nil)
    #expect(header([0xa0] + packet[1..<12] + [9, 3]) == nil)
  }
}

@Suite struct RTCPTests {
  let receiverReport: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, 9]
  let sourceDescription: [UInt8] = [0x81, 202, 0, 2, 0, 0, 0, 9, 1, 1, 65, 0]
  let bye: [UInt8] = [0x81, 203, 0, 1, 0, 0, 0, 9]

  @Test func aCompoundIsWalked() throws {
    let read = try #require(compound(receiverReport + sourceDescription + bye))
    #expect(read.sender == 9 && read.hasBye && read.count == 3)
    #expect(compound(receiverReport)?.hasBye == false)
  }

  @Test func whatA2RefusesIsRefused() {
    #expect(compound(sourceDescription) == nil, "must start with a report")
    #expect(compound(sourceDescription, reduced: true) != nil)
    #expect(compound([0xa0] + receiverReport.dropFirst()) == nil, "padding in the first")
    #expect(compound(receiverReport + [0x80]) == nil, "a stray octet at the end")
    #expect(compound(receiverReport + bye.prefix(6)) == nil)
    #expect(compound([0x81] + receiverReport.dropFirst()) == nil, "a report block that is not there")
    #expect(compound([0x80, 200] + receiverReport.dropFirst(2)) == nil, "a sender report without its sender's part")
    #expect(compound([0x80, 201, 255, 255, 0, 0, 0, 9]) == nil)
    #expect(compound(receiverReport + [0xa0, 204, 0, 1, 0, 0, 0, 0]) == nil, "padding of nothing")
    #expect(compound(receiverReport + [0xa0, 204, 0, 1, 0, 0, 0, 4]) != nil)
    #expect(compound(receiverReport + [0x40] + bye.dropFirst()) == nil, "version 1")
  }
}

@Suite struct TelephoneEventTests {
  private func read(_ payload: [UInt8]) -> TelephoneEvent? { payload.withUnsafeBytes { TelephoneEvent($0) } }

  @Test func anEventIsWrittenAndRead() {
    let event = TelephoneEvent(11, milliseconds: 100, ends: true)
    let payload = [UInt8](unsafeUninitializedCapacity: 4) { room, count in count = event.write(to: room) }
    #expect(payload == [11, 0x8a, 3, 0x20] && read(payload) == event && event.copies == 3)
    #expect(read([16, 0, 0, 0]) == nil && read([1, 0, 0]) == nil)
  }

  @Test func eachPressBeginsAndEndsOnce() {
    var reader = EventReader()
    func take(_ timestamp: UInt32, _ payload: [UInt8]) -> [TelephoneEvent] {
      payload.withUnsafeBytes {
        let (lost, change) = reader.take(timestamp, $0)
        return [lost, change].compactMap { $0 }
      }
    }
    #expect(take(0, [5, 10, 0, 160]) == [TelephoneEvent(5, milliseconds: 20, begins: true)])
    #expect(take(0, [5, 10, 1, 64]) == [TelephoneEvent(5, milliseconds: 40)])
    // Its end never comes.
    let next = [TelephoneEvent(5, milliseconds: 40, ends: true), TelephoneEvent(6, milliseconds: 20, begins: true)]
    #expect(take(9000, [6, 10, 0, 160]) == next)
    #expect(take(9000, [6, 0x8a, 1, 64]) == [TelephoneEvent(6, milliseconds: 40, ends: true)])
    #expect(take(9000, [6, 0x8a, 1, 64]).isEmpty)
  }
}

@Suite struct SequenceTests {
  @Test func theCircleCloses() {
    #expect(sequenceDistance(2, 65534) == 4)
    #expect(sequenceDistance(65534, 2) == -4)
    var tracker = SequenceTracker(65534)
    let taken = [1, 65535].map { tracker.take($0) }
    #expect(taken == [true, true] && tracker.highest == 1)
  }

  @Test func aJumpNeedsASecondPacketInARow() {
    var tracker = SequenceTracker(100)
    #expect(!tracker.isPlausible(100 + 3000) && tracker.isPlausible(100 + 2999) && !tracker.isPlausible(0))
    let taken = [20000, 30000, 30001].map { tracker.take($0) }
    #expect(taken == [false, false, true] && tracker.highest == 30001)
  }
}
