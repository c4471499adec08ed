import Configuration
import Console
import PBX
import Platform
import SIP
import Wire

/// What comes in, by who is first in line.
extension Server {
  /// How long a socket is read, and how long messages in line are handled, before the other has its turn: whoever is urgent
  /// waits no longer.
  static let turn = Interval.milliseconds(5)

  /// Takes a message that came.
  func admit(_ bytes: [UInt8], from flow: Flow, now: Instant) {
    trace(bytes, flow, isIncoming: true)
    let standing = standing(bytes, flow)
    switch door.arrive(bytes, flow, standing, now: now) {
    case .handle: exchange.receive(bytes, from: flow, now: now)
    case .waits: break
    case .refuse(let retryAfter):
      if standing == .known && exchange.isCallForHelp(bytes, from: flow) {
        return exchange.receive(bytes, from: flow, now: now)
      }
      guard let answer = hurriedRefusal(of: bytes, from: flow, retryAfter: retryAfter, tag: refusalTag),
        exchange.mayRefuse(bytes, by: answer, to: flow)
      else { return }
      trace(answer, flow, isIncoming: false)
      transmit(answer, flow, now: now)
    }
  }

  private func standing(_ bytes: [UInt8], _ flow: Flow) -> FrontDoor.Standing {
    let isKnown = exchange.knows(flow)
    guard let glance = Glance(bytes) else { return isKnown ? .urgent : .stranger }
    switch glance.kind {
    case .response: return isKnown ? .urgent : .stranger
    case .withinDialog where glance.tag.map(exchange.hasDialog) == true: return .urgent
    case .withinDialog, .newWork: return isKnown ? .known : .stranger
    }
  }

  /// Handles those in line, for a while.
  func work() {
    let start = Clock.monotonic()
    var now = start
    while now - start < Self.turn, let message = door.next(now: now) {
      exchange.receive(message.bytes, from: message.flow, now: now)
      drain(now: now)
      now = Clock.monotonic()
    }
    switch door.news(now: now) {
    case true?:
      log.write(
        .warning, "daemon", "more comes in than can be done: new work is refused by 503, calls and their phones go on",
        [LogField("waiting", String(door.waitingCount))])
    case false?:
      log.write(.notice, "daemon", "new work is taken again", [LogField("refused", String(door.refused))])
    case nil: break
    }
  }

  /// A UDP socket was read.
  func sift(toTheEnd: Bool, now: Instant) {
    guard sieve.read(toTheEnd: toTheEnd, now: now) else { return }
    let friends = sieve.share == nil ? [] : exchange.friends.map { (address: $0.address, length: $0.length) }
    for socket in ports.udpSockets { socket.sieve(friends, share: sieve.share) }
  }

  /// For the status.
  var overloadStatus: JSON {
    .object([
      JSON.Member("now", .bool(door.isOverloaded || sieve.share != nil)),
      JSON.Member("times", .integer(Int64(clamping: door.overloads))),
      JSON.Member("refused", .integer(Int64(clamping: door.refused))),
      JSON.Member("waiting", .integer(Int64(door.waitingCount))),
      // Percent of strangers' datagrams.
      JSON.Member("let_in", .integer(sieve.share.map { Int64($0) * 100 >> 32 } ?? 100)),
    ])
  }
}
