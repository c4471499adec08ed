import Configuration
import SIP
import Wire

/// How many octets may go to addresses that have proved nothing: as many as came from there. A datagram's sender may be
/// someone else, and what is answered at greater length than it was asked could be aimed at the address it names.
struct StrangersCredit: Sendable {
  static let limit = 4096
  /// What one address can save up.
  static let most = 65536

  private var left: [IPAddress: Int] = [:]

  mutating func add(_ count: Int, from source: IPAddress) {
    // Credit that is forgotten is never too much.
    if left.count >= Self.limit && left[source] == nil { left.removeAll(keepingCapacity: true) }
    left[source] = min((left[source] ?? 0) + count, Self.most)
  }

  /// Takes so many octets off; false, and nothing taken, where there are fewer.
  mutating func spend(_ count: Int, on target: IPAddress) -> Bool {
    guard let credit = left[target], credit >= count else { return false }
    left[target] = credit > count ? credit - count : nil
    return true
  }
}

extension Exchange {
  /// Octets have come by a flow.
  func account(_ bytes: [UInt8], from flow: Flow) {
    if flow.transport == .udp { credit.add(bytes.count, from: flow.remote.ip) }
  }

  /// Whether so many octets may go there; they then count as sent. A handshake has proved the addresses of connections.
  func maySend(_ count: Int, to flow: Flow) -> Bool {
    flow.transport != .udp || knows(flow) || credit.spend(count, on: flow.remote.ip)
  }

  /// Sends a message; an answer that would be too long for a stranger with no more than it needs, or not at all: a sender
  /// that is real asks again, and has then sent twice as much.
  func transmit(_ message: Message, to flow: Flow) {
    let bytes = message.serialized()
    if maySend(bytes.count, to: flow) { return emit(.transmit(bytes, flow)) }
    if case .response(let response) = message {
      let terse = response.serializedTersely()
      if maySend(terse.count, to: flow) { return emit(.transmit(terse, flow)) }
    }
    log(
      .debug, "sip", "not answered: nobody has proved to be there, and less came from there than the answer has",
      [.init("target", flow.text)])
  }

  /// Whether the answer to a request that is not taken up may go there.
  @export(interface)
  public func mayRefuse(_ bytes: [UInt8], by answer: [UInt8], to flow: Flow) -> Bool {
    account(bytes, from: flow)
    return maySend(answer.count, to: flow)
  }
}
