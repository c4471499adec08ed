import VoiceReport

/// A capture file: each stream's payloads lie in it, in as many packets as are counted, and it can be looked at.
func captureFault(_ bytes: [UInt8]) -> String? {
  guard let capture = try? CaptureFile(bytes), let streams = try? CapturedStreams(capture) else { return nil }
  for (place, stream) in streams.all.enumerated() {
    guard let payloads = try? streams.payloads(of: place + 1) else { return "a stream that was listed is not there" }
    guard max(payloads.count, stream.markers) <= stream.packets else { return "more payloads than packets" }
    let octets = payloads.reduce(0) { $0 + $1.count }
    guard octets == stream.octets, octets <= bytes.count else { return "the payloads are not those that were counted" }
    let parts = SecuredPayloads(payloads)
    guard parts.octets.count == parts.isOpen.count, parts.octets.count <= octets else {
      return "octets came from nowhere"
    }
    guard parts.agreements + parts.frames + parts.others <= payloads.count else { return "a payload counts twice" }
  }
  return nil
}
