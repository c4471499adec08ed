import CallDoctor
import Configuration
import Crypto
import Media
import SDP
import Wire

/// The keys that a handshake of DTLS gave.
struct HandshakeKeys: Hashable, Sendable {
  let association: UInt64
  let keys: LegKeys
}

/// Keys by handshakes of DTLS: the daemon shakes hands, the exchange keeps what came of it.
extension Exchange {
  /// Handshakes of one call that are remembered: forks may have one each.
  private static let mostHandshakes = 16

  /// A handshake was done as `HandshakeTerms` had it.
  @export(interface)
  public func agreed(_ stream: StreamID, _ side: Media.Side, association: UInt64, _ keys: LegKeys, now: Instant) {
    self.now = now
    defer { drainLayer() }
    withCall(stream.number) { exchange, call in
      call.handshakes.removeAll { $0.association == association }
      if call.handshakes.count == Self.mostHandshakes { call.handshakes.removeFirst() }
      call.handshakes.append(HandshakeKeys(association: association, keys: keys))
      exchange.log(
        .debug, "media", "keys agreed", call.logFields + [.init("suite", keys.own.suite.name)])
      // They are kept by the time that this goes out.
      exchange.emit(.media(.agreed(stream, side, association: association, keys)))
    }
  }

  /// A handshake came to nothing: nothing can be heard, and what was announced may be another's. Of a phone that still rings
  /// it is begun anew with the answer.
  @export(interface)
  public func disagreed(_ stream: StreamID, _ side: Media.Side, why: String, now: Instant) {
    self.now = now
    defer { drainLayer() }
    withCall(stream.number) { exchange, call in
      guard case .talking = call.state else { return }
      exchange.hangUp(&call, .handshakeFailed(side == .a ? .caller : .callee, why: why))
    }
  }
}

extension Call {
  /// The leg with the keys of its handshake, where that is done.
  func withKeys(_ leg: Media.Leg) -> Media.Leg {
    guard let terms = leg.handshake?.wrappedValue,
      let done = handshakes.first(where: { $0.association == terms.association })
    else { return leg }
    var leg = leg
    leg.keys = Boxed(wrappedValue: done.keys)
    return leg
  }

  /// The suite by which a leg is encrypted.
  func suite(of leg: Leg) -> String? {
    guard let heard = leg.heard else { return nil }
    if let named = leg.session.keys(with: heard) { return named.own.suite.name }
    let association = leg.session.handshake(with: heard)?.association
    return handshakes.first { $0.association == association }?.keys.own.suite.name
  }
}

extension HandshakeKeys: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    self.init(association: try reader.value(), keys: try reader.value())
  }
  func write(to writer: inout StorageWriter) {
    writer.put(association)
    writer.put(keys)
  }
}
