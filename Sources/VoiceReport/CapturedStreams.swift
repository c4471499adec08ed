import RTP
import Wire

/// A stream of RTP in a capture: what one source sent from one place to another.
public struct CapturedStream: Sendable {
  public let source: SocketAddress
  public let target: SocketAddress
  public let ssrc: UInt32
  /// Of its first packet.
  public let payloadType: UInt8
  public private(set) var packets = 0
  /// How many had RTP's marker.
  public private(set) var markers = 0
  /// Of all payloads.
  public private(set) var octets = 0
  /// Where the payloads lie, as they came.
  var payloads: [Range<Int>] = []
  private var highest: UInt16
  private var seen: UInt64 = 1

  fileprivate init(_ datagram: Datagram, _ header: RTPHeader, _ payload: Range<Int>) {
    source = datagram.source
    target = datagram.target
    ssrc = header.ssrc
    payloadType = header.payloadType
    highest = header.sequence
    add(header, payload)
  }

  fileprivate mutating func take(_ header: RTPHeader, _ payload: Range<Int>) {
    guard isNew(header.sequence) else { return }
    add(header, payload)
  }

  private mutating func add(_ header: RTPHeader, _ payload: Range<Int>) {
    packets += 1
    if header.marker { markers += 1 }
    octets += payload.count
    if !payload.isEmpty { payloads.append(payload) }
  }

  /// A capture on several devices has each packet more than once.
  private mutating func isNew(_ sequence: UInt16) -> Bool {
    let step = Int16(bitPattern: sequence &- highest)
    if step > 0 {
      seen = step < 64 ? seen << UInt64(step) | 1 : 1
      highest = sequence
      return true
    }
    let age = -Int(step)
    guard age < 64 else {
      // Elsewhere in the numbers' circle: the source began anew.
      (highest, seen) = (sequence, 1)
      return true
    }
    defer { seen |= 1 << UInt64(age) }
    return seen >> UInt64(age) & 1 == 0
  }
}

/// The streams of RTP in a capture, the one with the most octets first.
public struct CapturedStreams: Sendable {
  /// Fewer packets are no stream: other protocols may look like RTP now and then.
  private static let least = 10
  /// More than these are not looked for.
  private static let most = 256

  private struct Key: Hashable {
    let source: SocketAddress
    let target: SocketAddress
    let ssrc: UInt32
  }

  private let capture: CaptureFile
  public let all: [CapturedStream]

  @export(interface)
  public init(_ capture: CaptureFile) throws(CaptureFault) {
    self.capture = capture
    var found: [Key: Int] = [:]
    var streams: [CapturedStream] = []
    capture.bytes.withUnsafeBytes { bytes in
      capture.forEachDatagram { datagram in
        let packet = UnsafeRawBufferPointer(rebasing: bytes[datagram.content])
        // The second octet of RTCP is none of RTP's here (RFC 5761 §4).
        guard let header = RTPHeader(packet), !(64...95).contains(header.payloadType) else { return }
        let start = datagram.content.lowerBound + header.payloadOffset
        let payload = start..<start + header.payloadCount
        let key = Key(source: datagram.source, target: datagram.target, ssrc: header.ssrc)
        if let place = found[key] {
          streams[place].take(header, payload)
        } else if streams.count < Self.most {
          found[key] = streams.count
          streams.append(CapturedStream(datagram, header, payload))
        }
      }
    }
    all = streams.filter { $0.packets >= Self.least && $0.octets > 0 }.sorted { $0.octets > $1.octets }
    if all.isEmpty { throw .noStream }
  }

  /// The payloads of a stream, the first being number 1.
  @export(interface)
  public func payloads(of number: Int) throws(CaptureFault) -> [ArraySlice<UInt8>] {
    guard all.indices.contains(number - 1) else { throw .noSuchStream(number, of: all.count) }
    return all[number - 1].payloads.map { capture.bytes[$0] }
  }
}
