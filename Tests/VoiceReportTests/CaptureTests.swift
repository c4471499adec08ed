import RTP
import Testing
import Wire

@testable import VoiceReport

private func octets(_ number: some FixedWidthInteger) -> [UInt8] {
  stride(from: number.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
}

/// RTP in UDP, in IPv4 or IPv6.
private func packet(
  _ sequence: UInt16, ssrc: UInt32 = 7, isLong: Bool = false, extension options: Bool = false
) -> [UInt8] {
  let rtp = RTPHeader(payloadType: 0, sequence: sequence, timestamp: 0, ssrc: ssrc)
    .packet([UInt8](repeating: UInt8(truncatingIfNeeded: sequence), count: 20))
  let udp = octets(4000 as UInt16) + octets(5000 as UInt16) + octets(UInt16(8 + rtp.count)) + [0, 0] + rtp
  guard isLong else {
    return [0x45, 0] + octets(UInt16(20 + udp.count)) + [0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2] + udp
  }
  let body = (options ? [17, 0, 1, 4, 0, 0, 0, 0] : []) + udp
  let address: [UInt8] = [0x20, 1, 0xd, 0xb8] + [UInt8](repeating: 0, count: 11)
  return [0x60, 0, 0, 0] + octets(UInt16(body.count)) + [options ? 0 : 17, 64] + address + [1] + address + [2] + body
}

private func capture(
  _ frames: [[UInt8]], link: UInt32 = 1, isSwapped: Bool = false, magic: UInt32 = 0xa1b2_c3d4
) -> [UInt8] {
  func four(_ number: UInt32) -> [UInt8] { isSwapped ? octets(number).reversed() : octets(number) }
  var file = four(magic) + [0, 0, 0, 0] + four(0) + four(0) + four(65535) + four(link)
  for frame in frames { file += four(0) + four(0) + four(UInt32(frame.count)) + four(UInt32(frame.count)) + frame }
  return file
}

private let ethernet = [UInt8](repeating: 2, count: 12)

private func streams(_ file: [UInt8]) throws(CaptureFault) -> CapturedStreams {
  try CapturedStreams(try CaptureFile(file))
}

@Suite struct CaptureTests {
  @Test func streamsAreFoundOnEachKindOfLink() throws {
    let short = (0..<20 as Range<UInt16>).map { packet($0) }
    let long = (0..<20 as Range<UInt16>).map { packet($0, isLong: true, extension: true) }
    let files = [
      capture(short.map { ethernet + [8, 0] + $0 }), capture(short.map { ethernet + [8, 0] + $0 + [0, 0, 0] }),
      capture(short.map { ethernet + [0x88, 0xa8, 0, 1, 0x81, 0, 0, 2, 8, 0] + $0 }, isSwapped: true),
      capture(long.map { ethernet + [0x86, 0xdd] + $0 }, magic: 0xa1b2_3c4d),
      capture(short.map { [UInt8](repeating: 0, count: 14) + [8, 0] + $0 }, link: 113),
      capture(long.map { [0x86, 0xdd] + [UInt8](repeating: 0, count: 18) + $0 }, link: 276, isSwapped: true),
      capture(short, link: 101),
    ]
    for (place, file) in files.enumerated() {
      let found = try streams(file)
      #expect(found.all.count == 1 && found.all[0].packets == 20 && found.all[0].octets == 400, "\(place)")
      #expect(try found.payloads(of: 1).map { $0.first } == (0..<20).map { UInt8($0) })
      let isLong = place == 3 || place == 5
      #expect(found.all[0].source.description == (isLong ? "[2001:db8::1]:4000" : "10.0.0.1:4000"))
    }
  }

  @Test func aPacketThatWasSeenTwiceCountsOnce() throws {
    let all = (0..<100 as Range<UInt16>).map { packet($0 &+ 65500) }
    func count(_ packets: [[UInt8]]) throws -> Int { try streams(capture(packets, link: 101)).all[0].packets }
    #expect(try count(all.flatMap { [$0, $0] }) == 100)
    #expect(try count(all + all) == 200, "a source that began anew")
    #expect(try count([3, 1, 2, 0, 1, 3, 4, 5, 6, 7, 8, 9, 10].map { packet($0) }) == 11)
  }

  @Test func theStreamWithTheMostOctetsComesFirst() throws {
    let frames = (0..<60 as Range<UInt16>).map { packet($0, ssrc: $0 % 3 == 0 ? 1 : 2) } + [packet(1, ssrc: 9)]
    let found = try streams(capture(frames, link: 101))
    #expect(found.all.map { $0.ssrc } == [2, 1])
    #expect(throws: CaptureFault.noSuchStream(3, of: 2)) { try found.payloads(of: 3) }
    #expect(throws: CaptureFault.noSuchStream(0, of: 2)) { try found.payloads(of: 0) }
  }

  @Test func whatIsNoneIsNamed() {
    #expect(throws: CaptureFault.noCapture) { try CaptureFile([1, 2, 3]) }
    #expect(throws: CaptureFault.noCapture) { try CaptureFile([UInt8](repeating: 7, count: 64)) }
    let next = [10, 13, 13, 10] + [UInt8](repeating: 0, count: 28)
    #expect(throws: CaptureFault.nextGeneration) { try CaptureFile(next) }
    #expect(throws: CaptureFault.link(105)) { try CaptureFile(capture([], link: 105)) }
    #expect(throws: CaptureFault.noStream) { try streams(capture((0..<9).map { packet($0) }, link: 101)) }
    // A fragment, a packet of TCP, RTCP.
    var others = (0..<30 as Range<UInt16>).map { packet($0) }
    for place in others.indices {
      if place % 3 == 0 { others[place][6] = 0x20 }
      if place % 3 == 1 { others[place][9] = 6 }
      if place % 3 == 2 { others[place][29] = 200 }
    }
    #expect(throws: CaptureFault.noStream) { try streams(capture(others, link: 101)) }
  }

  /// Cut off anywhere, and with any octet changed.
  @Test func nothingInAFileIsTrusted() {
    let whole = capture(
      (0..<12 as Range<UInt16>).map { ethernet + [0x86, 0xdd] + packet($0, isLong: true, extension: true) })
    for count in 0..<whole.count { _ = try? streams(Array(whole[..<count])) }
    for place in 0..<160 {
      for value in [0, 1, 127, 128, 255] as [UInt8] {
        var changed = whole
        changed[place] = value
        _ = try? streams(changed)
      }
    }
  }
}
