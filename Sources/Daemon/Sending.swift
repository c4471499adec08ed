import Configuration
import Platform
import SIP
import Wire

extension Server {
  /// Sends a message by what its flow names.
  func transmit(_ bytes: [UInt8], _ flow: Flow, now: Instant) {
    if flow.transport == .ws || flow.transport == .wss {
      let report: (ConnectionEvent) -> Void = { self.happened($0, now: now) }
      guard let webSockets else { return report(.closed(flow, reason: nil)) }
      return webSockets.send(bytes, on: flow, now: now, report)
    }
    guard flow.transport == .udp else {
      return connections.send(bytes, on: flow, now: now) { happened($0, now: now) }
    }
    guard let (socket, source) = ports.udp(for: flow) else {
      return log.write(
        .warning, "udp", "no UDP address to send from; add one to sip.listen",
        [LogField("remote", flow.remote.description)])
    }
    let failure = socket.send(bytes, to: flow.remote, from: source, scope: flow.local.scope)
    // A lost datagram is sent again by its transaction; that it was lost here may explain a phone's silence.
    guard failure != 0 else { return }
    log.write(
      .info, "udp", "could not send",
      [LogField("remote", flow.remote.description), LogField("reason", errorText(failure))])
  }
}
