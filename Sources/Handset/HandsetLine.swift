import Phone
import Platform
import SIP
import Wire

/// The way to the exchange, opened again where it is lost.
extension Handset {
  func connect(_ now: Instant) {
    reconnectAt = nil
    line?.close()
    line = nil
    if failures > 0, !agent.isInCall, let target = options.account.server,
      let found = try? findServers(target, patience: .seconds(5), random: &random), !found.isEmpty
    {
      hops = found
    }
    let hop = hops[failures % hops.count]
    lineNumber &+= 1
    do throws(HandsetError) {
      let made = try Line(to: hop, from: ip, number: lineNumber, client, poller, token: Token.line)
      line = made
      if made.isOpen { agent.reached(made.flow, now: now) }
    } catch {
      lineBroke(error.description, now)
    }
    drain(now)
  }

  func lineReady(_ what: Readiness, _ now: Instant) {
    guard let line else { return }
    let wasOpen = line.isOpen
    var messages: [Message] = []
    line.ready(what, receiver) { messages.append($0) }
    if !wasOpen, line.isOpen {
      failures = 0
      agent.reached(line.flow, now: now)
    }
    for message in messages {
      agent.receive(message, from: line.flow, now: now)
      drain(now)
    }
    if case .broken(let reason) = line.state { lineBroke(reason, now) }
  }

  func lineBroke(_ reason: String, _ now: Instant) {
    line?.close()
    line = nil
    failures += 1
    let pause = Interval.seconds(Int64(1) << Int64(min(failures, 5)))
    show.tell(
      "disconnected", "no way to the exchange: " + reason + "; trying again in \(pause.seconds) s",
      [.text("reason", reason)])
    agent.lost(now: now)
    drain(now)
    if leaveBy != nil { isGone = true } else { reconnectAt = now + pause }
  }
}
