import RTP

/// A datagram on a media port: the payload has to lie inside it, and a header has to survive being written.
func rtpFault(_ bytes: [UInt8]) -> String? {
  bytes.withUnsafeBytes { buffer in
    if let header = RTPHeader(buffer) {
      guard header.payloadOffset >= RTPHeader.size, header.payloadCount >= 0,
        header.payloadOffset + header.payloadCount <= buffer.count
      else { return "the payload reaches out of the packet" }
      let payload = buffer[header.payloadOffset..<header.payloadOffset + header.payloadCount]
      let packet = header.packet(payload)
      let again = packet.withUnsafeBytes { RTPHeader($0) }
      guard let again, again.marker == header.marker, again.payloadType == header.payloadType,
        again.sequence == header.sequence, again.timestamp == header.timestamp, again.ssrc == header.ssrc,
        packet.dropFirst(again.payloadOffset).elementsEqual(payload)
      else { return "the packet changes when written" }
    }
    let compound = RTCPCompound(buffer)
    if let compound {
      guard RTCPCompound.isRTCP(buffer) else { return "a compound isn't taken for RTCP" }
      guard (1...buffer.count / 4).contains(compound.count) else { return "a compound of more packets than fit" }
      guard RTCPCompound(buffer, allowReducedSize: true) == compound else { return "reduced size reads it otherwise" }
    }
    // RFC 7983 §7: what comes by one port is told apart by its first octet.
    let kinds = [RTPHeader.isSTUN(buffer), RTPHeader.isDTLS(buffer), RTPHeader(buffer) != nil || compound != nil]
    return kinds.filter { $0 }.count <= 1 ? nil : "a datagram is taken for two protocols"
  }
}
