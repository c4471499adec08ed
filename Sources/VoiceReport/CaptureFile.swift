import Wire

/// A capture file as libpcap writes it (https://www.tcpdump.org/manpages/pcap-savefile.5.txt), of either octet order.
/// It comes from outside: every length in it is checked.
public struct CaptureFile: Sendable {
  /// What stands before the IP packet.
  enum Link: UInt32, Sendable {
    case ethernet = 1
    case raw = 101
    case linuxCooked = 113
    case linuxCooked2 = 276
  }

  private static let headerCount = 24
  private static let recordCount = 16

  let bytes: [UInt8]
  let link: Link
  private let isBigEndian: Bool

  @export(interface)
  public init(_ bytes: [UInt8]) throws(CaptureFault) {
    guard bytes.count >= Self.headerCount else { throw .noCapture }
    // Seconds with millionths or with billionths.
    switch number(bytes, 0) {
    case 0xa1b2_c3d4, 0xa1b2_3c4d: isBigEndian = true
    case 0xd4c3_b2a1, 0x4d3c_b2a1: isBigEndian = false
    case 0x0a0d_0d0a: throw .nextGeneration
    default: throw .noCapture
    }
    let kind = isBigEndian ? number(bytes, 20) : number(bytes, 20).byteSwapped
    // The upper bits say whether there is a checksum of frames.
    guard let link = Link(rawValue: kind & 0xffff) else { throw .link(kind & 0xffff) }
    self.link = link
    self.bytes = bytes
  }

  /// Where each datagram of UDP has its content, and from where to where it went.
  func forEachDatagram(_ body: (Datagram) -> Void) {
    var place = Self.headerCount
    while bytes.count - place >= Self.recordCount {
      let said = isBigEndian ? number(bytes, place + 8) : number(bytes, place + 8).byteSwapped
      let start = place + Self.recordCount
      // A file whose writer was killed ends within a record.
      guard said <= UInt32(clamping: bytes.count - start) else { return }
      place = start + Int(said)
      if let packet = packet(start..<place), let datagram = Datagram(bytes, packet) { body(datagram) }
    }
  }

  /// Where the IP packet of a frame lies.
  private func packet(_ frame: Range<Int>) -> Range<Int>? {
    var kind: UInt16
    var start = frame.lowerBound
    switch link {
    case .raw: return frame
    case .ethernet:
      guard frame.count >= 14 else { return nil }
      kind = short(bytes, start + 12)
      start += 14
      // Tags of virtual networks (IEEE 802.1Q), one or two.
      for _ in 0..<2 where kind == 0x8100 || kind == 0x88a8 {
        guard frame.upperBound - start >= 4 else { return nil }
        kind = short(bytes, start + 2)
        start += 4
      }
    case .linuxCooked:
      guard frame.count >= 16 else { return nil }
      kind = short(bytes, start + 14)
      start += 16
    case .linuxCooked2:
      guard frame.count >= 20 else { return nil }
      kind = short(bytes, start)
      start += 20
    }
    return kind == 0x0800 || kind == 0x86dd ? start..<frame.upperBound : nil
  }
}

/// Why a capture can't be used.
public enum CaptureFault: Error, Hashable, Sendable {
  case noCapture
  case nextGeneration
  case link(UInt32)
  case noStream
  case noSuchStream(Int, of: Int)

  public var description: String {
    switch self {
    case .noCapture: "is no capture file; expected pcap, as 'tcpdump -w' writes it"
    case .nextGeneration: "is a capture in the form pcapng; make pcap of it by 'editcap -F pcap'"
    case .link(let number): "was captured on a link of type \(number); expected Ethernet, Linux cooked or raw IP"
    case .noStream: "has no stream of RTP with ten packets or more"
    case .noSuchStream(let number, let count): "has \(count) streams of RTP and no number \(number)"
    }
  }
}

func number(_ bytes: [UInt8], _ place: Int) -> UInt32 {
  UInt32(short(bytes, place)) << 16 | UInt32(short(bytes, place + 2))
}

func short(_ bytes: [UInt8], _ place: Int) -> UInt16 { UInt16(bytes[place]) << 8 | UInt16(bytes[place + 1]) }
