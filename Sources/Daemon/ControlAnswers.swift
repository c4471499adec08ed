import Configuration
import Console
import Media
import PBX
import Platform
import Wire

extension Server {
  /// The line that answers a request.
  func answer(_ request: ControlRequest, now: Instant) -> [UInt8] {
    switch request {
    case .status: return controlAnswer(status(now: now))
    case .log(let lines):
      return controlAnswer([JSON.Member("lines", .array(log.tail(lines).map { .text($0) }))])
    case .logLevel(let level):
      log.level = level
      log.write(.notice, "daemon", "log level set", [LogField("level", level.rawValue)])
      return controlAnswer([])
    case .reload:
      guard let reason = reload(now: now) else { return controlAnswer([]) }
      return controlRefusal(reason)
    case .calls(let last): return callsAnswer(last, now: now)
    case .call(let number): return callAnswer(number, now: now)
    case .trace: return controlAnswer([])
    case .trunkTest(let trunk, let number): return tryTrunk(trunk, calling: number, now: now)
    case .trunkTestResult(let id): return trialResult(id)
    }
  }

  private func status(now: Instant) -> [JSON.Member] {
    // Counters of calls are as of the answer before; this asks for those of the next.
    exchange.reportMedia()
    let status = exchange.status(now: now)
    return [
      JSON.Member("version", .text(sottoVersion)),
      JSON.Member("pid", .integer(Int64(Process.identifier))),
      JSON.Member("uptime_seconds", .integer((now - started).seconds)),
      JSON.Member("domain", .text(configuration.domain)),
      JSON.Member("log_level", .text(log.level.rawValue)),
      JSON.Member("listeners", .array(ports.listeners.map { .text($0.description) })),
      JSON.Member("certificates", .array(certificateStatus())),
      JSON.Member("connections", .integer(Int64(connections.count + (webSockets?.count ?? 0)))),
      JSON.Member("overload", overloadStatus),
      JSON.Member("transactions", .integer(Int64(status.transactions))),
      JSON.Member("extensions", .integer(Int64(configuration.extensions.count))),
      JSON.Member("calls_started", .integer(Int64(clamping: status.callsStarted))),
      JSON.Member("calls_answered", .integer(Int64(clamping: status.callsAnswered))),
      JSON.Member(
        "media",
        .object([
          JSON.Member("engine", .text(media.engineName)),
          JSON.Member(
            "ports", .text("\(configuration.media.ports.lowerBound)-\(configuration.media.ports.upperBound)")),
          JSON.Member("free_ports", .integer(Int64(status.freePorts))),
        ])),
      JSON.Member("registrations", .array(status.registrations.map(registration))),
      JSON.Member("calls", .array(status.calls.map(call))),
      JSON.Member("trunks", .array(exchange.trunkStatus(now: now).map(trunk))),
    ]
  }

  private func registration(_ registration: RegistrationStatus) -> JSON {
    .object([
      JSON.Member("number", .text(registration.number)),
      JSON.Member("name", .text(registration.name)),
      JSON.Member("contact", .text(registration.contact)),
      JSON.Member("source", .text(registration.source)),
      JSON.Member("user_agent", registration.userAgent.map { .text($0) } ?? .null),
      JSON.Member("expires_seconds", .integer(registration.expiresIn)),
    ])
  }

  func call(_ call: CallStatus) -> JSON {
    .object([
      JSON.Member("number", .integer(Int64(call.number))),
      JSON.Member("from", .text(call.caller)),
      JSON.Member("to", .text(call.callee)),
      JSON.Member("state", .text(call.phase.rawValue)),
      JSON.Member("seconds", .integer(call.age)),
      JSON.Member("talking_seconds", call.talking.map { .integer($0) } ?? .null),
      JSON.Member("caller_leg", leg(call.callerLeg)),
      JSON.Member("callee_leg", call.calleeLeg.map(leg) ?? .null),
    ])
  }

  private func leg(_ leg: LegStatus) -> JSON {
    var members = [
      JSON.Member("codec", leg.codec.map { .text($0) } ?? .null),
      JSON.Member("encryption", leg.encryption.map { .text($0) } ?? .null),
      JSON.Member("further", .array(leg.further.map { .text($0) })),
      JSON.Member("signalling", .text(leg.signalling)),
      JSON.Member("media", leg.media.map { .text($0) } ?? .null),
      JSON.Member("port", leg.port.map { .integer(Int64($0)) } ?? .null),
    ]
    if let statistics = leg.statistics {
      members += [
        JSON.Member("packets_in", .integer(Int64(clamping: statistics.packetsIn))),
        JSON.Member("packets_out", .integer(Int64(clamping: statistics.packetsOut))),
        JSON.Member("ice_checks", statistics.checks.map { .integer(Int64($0)) } ?? .null),
        JSON.Member("relay", .text(statistics.inKernel ? "kernel" : media.engineName)),
        JSON.Member("heard_from", statistics.incoming.map(quality) ?? .null),
        JSON.Member("hears", statistics.outgoing.map(quality) ?? .null),
        JSON.Member("round_trip_ms", statistics.roundTrip.map { .real(Double($0.microseconds) / 1000) } ?? .null),
      ]
    }
    return .object(members)
  }

  func quality(_ quality: Quality) -> JSON {
    .object([
      JSON.Member("loss_percent", .real(Double(quality.loss) / 100)),
      JSON.Member("jitter_ms", .real(Double(quality.jitter.microseconds) / 1000)),
      JSON.Member("mos", .real(Double(quality.score) / 100)),
    ])
  }
}
