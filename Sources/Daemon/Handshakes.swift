import Media
import PBX
import Platform
import Wire

/// Shakes hands by DTLS with each phone that the exchange has agreed so with: what it tells the media thread says with whom,
/// the media thread carries the datagrams, and the exchange gets the keys.
final class Handshakes {
  private struct Place: Hashable {
    let stream: StreamID
    let side: Side
  }

  private enum News {
    case send(Place, [UInt8])
    case agreed(Place, association: UInt64, LegKeys)
    case failed(Place, String)
  }

  private let context: DTLSContext
  private var handshakes: [Place: Handshake] = [:]
  private var news: [News] = []
  /// When `wake` is to be called.
  private(set) var nextDeadline: Instant?

  /// `state` is the folder in which the exchange keeps what must outlive it.
  init(state: String) throws(StartError) { context = try MediaCertificate.context(state) }

  var fingerprint: [UInt8] { context.fingerprint }

  /// Looks at what the media thread is told.
  func follow(_ command: Command, now: Instant) {
    switch command {
    case .setLeg(let stream, let side, let leg): follow(Place(stream: stream, side: side), leg, now: now)
    case .setEcho(let stream, let leg): follow(Place(stream: stream, side: .a), leg, now: now)
    case .close(let stream):
      for side in [Side.a, .b] { handshakes[Place(stream: stream, side: side)] = nil }
    default: return
    }
  }

  private func follow(_ place: Place, _ leg: Leg, now: Instant) {
    guard let terms = leg.handshake?.wrappedValue else {
      handshakes[place] = nil
      return
    }
    guard handshakes[place]?.terms != terms else { return }
    handshakes[place] = Handshake(terms, hasKeys: leg.keys != nil, now: now)
    step(place, now: now) { $0.begin(context, now: now) }
  }

  /// Takes a datagram that came to that side of a stream.
  func receive(_ datagram: [UInt8], _ stream: StreamID, _ side: Side, now: Instant) {
    step(Place(stream: stream, side: side), now: now) { $0.receive(datagram, context, now: now) }
  }

  func wake(now: Instant) {
    guard let nextDeadline, nextDeadline <= now else { return }
    for (place, handshake) in handshakes {
      guard let due = handshake.nextDeadline(now: now), due <= now else { continue }
      step(place, now: now) { $0.wake(now: now) }
    }
    settle(now)
  }

  private func step(_ place: Place, now: Instant, _ body: (inout Handshake) -> Handshake.Outcome) {
    guard var handshake = handshakes[place] else { return }
    let outcome = body(&handshake)
    for datagram in handshake.takeOutgoing() { news.append(.send(place, datagram)) }
    switch outcome {
    case .goesOn: handshakes[place] = handshake
    case .agreed(let keys):
      handshakes[place] = handshake
      news.append(.agreed(place, association: handshake.terms.association, keys))
    case .failed(let why):
      handshakes[place] = nil
      news.append(.failed(place, why))
    }
    settle(now)
  }

  private func settle(_ now: Instant) {
    nextDeadline = nil
    for handshake in handshakes.values { nextDeadline = earliest(nextDeadline, handshake.nextDeadline(now: now)) }
  }

  /// Hands over what there is to say; whether there was anything.
  func deliver(to exchange: Exchange, _ media: MediaLink, now: Instant) -> Bool {
    guard !news.isEmpty else { return false }
    let taken = news
    news = []
    for item in taken {
      switch item {
      case .send(let place, let datagram): media.perform(.shake(place.stream, place.side, datagram))
      case .agreed(let place, let association, let keys):
        exchange.agreed(place.stream, place.side, association: association, keys, now: now)
      case .failed(let place, let why): exchange.disagreed(place.stream, place.side, why: why, now: now)
      }
    }
    return true
  }
}
