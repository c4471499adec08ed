import Codecs
import Crypto
import Delay
import Phone
import Wire

/// What the codec of a call and changes of the sampling rate delay voice by, measured between two ends without a network,
/// in virtual time; nil where no marker comes through.
func codecDelay(_ terms: MediaTerms, isSecured: Bool, rate: Int) -> Interval? {
  var terms = terms
  terms.keys = nil
  // Secured voice is Opus, whatever carries it.
  if isSecured { terms.format.coding = .opus }
  terms.accepts = [terms.format]
  let marker = Marker(rate: rate)
  let ends = (0..<2).map { _ in
    VoicePath(rate: rate, hidesSpeech: isSecured, random: RandomSource(seed: [UInt8](repeating: 0, count: 32)))
  }
  for end in ends { end.use(terms, now: .zero) }
  let packet = terms.packetTime * rate / 1000
  // The packets before it wait as long as those with it.
  let start = 10 * packet
  var said = [Int16](repeating: 0, count: start + marker.samples.count + 20 * packet)
  said.replaceSubrange(start..<start + marker.samples.count, with: marker.samples)
  var heard: [Int16] = []
  var room = [Int16](repeating: 0, count: packet)
  var now = Instant.zero
  for place in stride(from: 0, to: said.count - packet + 1, by: packet) {
    said[place..<place + packet].withUnsafeBufferPointer { ends[0].say($0, now: now) }
    for datagram in ends[0].takeOutgoing() where !datagram.isControl { ends[1].receive(datagram.bytes, now: now) }
    room.withUnsafeMutableBufferPointer { ends[1].hear($0, now: now) }
    heard += room
    now += .milliseconds(Int64(terms.packetTime))
  }
  guard let found = MarkerFinder(marker, most: heard.count).find(in: heard[...]) else { return nil }
  return .microseconds(Int64(found.sample - start) * 1_000_000 / Int64(rate)) - ends[1].quality.held
}
