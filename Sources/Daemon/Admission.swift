import Configuration
import Console
import PBX
import Platform
import SIP
import Wire

/// What comes in, by who is first in line.
extension Server {
  /// How long messages in line are handled before the sockets are looked at again: whoever is urgent waits no longer.
  private static let turn = Interval.milliseconds(5)

  /// Takes a message that came.
  func admit(_ bytes: [UInt8], from flow: Flow, now: Instant) {
    if control?.isTapped == true { trace(bytes, flow, isIncoming: true) }
    let standing = standing(bytes, flow)
    switch door.arrive(bytes, flow, standing, now: now) {
    case .handle: exchange.receive(bytes, from: flow, now: now)
    case .waits: break
    case .refuse(let retryAfter):
      if standing == .known && exchange.isCallForHelp(bytes, from: flow) {
        return exchange.receive(bytes, from: flow, now: now)
      }
      // A stranger's datagram may come from someone else: it is answered by no more octets than it has.
      guard let answer = hurriedRefusal(of: bytes, from: flow, retryAfter: retryAfter, tag: refusalTag),
        standing == .known || flow.transport != .udp || answer.count <= bytes.count
      else { return }
      if control?.isTapped == true { trace(answer, flow, isIncoming: false) }
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

  /// For the status.
  var overloadStatus: JSON {
    .object([
      JSON.Member("now", .bool(door.isOverloaded)), JSON.Member("times", .integer(Int64(clamping: door.overloads))),
      JSON.Member("refused", .integer(Int64(clamping: door.refused))),
      JSON.Member("waiting", .integer(Int64(door.waitingCount))),
    ])
  }
}
