import Configuration
import PBX
import Platform
import SIP
import Wire

/// What connections report, on its way to the exchange and the log.
extension Server {
  func happened(_ event: ConnectionEvent, now: Instant) {
    switch event {
    case .message(let bytes, let flow): admit(bytes, from: flow, now: now)
    case .closed(let flow, let reason):
      var fields = [
        LogField("remote", flow.remote.description), LogField("connection", String(flow.connection)),
      ]
      if let name = flow.serverName { fields.append(LogField("name", name)) }
      if let reason { fields.append(LogField("reason", reason)) }
      log.write(reason == nil ? .debug : .info, flow.subsystem, "connection ended", fields)
      door.forget(flow)
      exchange.connectionClosed(flow, reason: reason, now: now)
    case .damaged(let head, let error, let flow):
      log.write(
        .info, flow.subsystem, "stream makes no sense, closing it",
        [LogField("remote", flow.remote.description), LogField("reason", error.description)])
      let answer = Response(toDamaged: head, refusing: error, toTag: nil)
      connections.finish(flow, with: answer?.serialized(), now: now) { happened($0, now: now) }
    case .refused(let remote): refused(remote, now: now)
    }
  }

  /// All connections are taken: the one that was silent the longest ends, of those whose other end is neither registered
  /// nor has proved who it is.
  func makeRoom(now: Instant) {
    let stalest = connections.stalest(exchange.knows)
    let page = webSockets?.stalest(exchange.knows)
    if let page, stalest.map({ page.heard < $0.heard }) ?? true {
      webSockets?.giveWay(page.number, now: now) { happened($0, now: now) }
    } else if let stalest {
      connections.giveWay(stalest.number) { happened($0, now: now) }
    }
  }

  /// Says at most once in 10 s that connections are turned away, for whoever opens many would else fill the log.
  private func refused(_ remote: SocketAddress, now: Instant) {
    refusals.count += 1
    if let saidAt = refusals.saidAt, now < saidAt + .seconds(10) { return }
    log.write(
      .warning, "daemon", "too many connections, turned away",
      [LogField("remote", remote.description), LogField("count", String(refusals.count))])
    refusals = (0, now)
  }
}

extension Flow {
  fileprivate var subsystem: String { transport.parameterName }
}
