import CallDoctor
import Console
import PBX
import Platform
import Wire

/// What the control socket says of calls that ended, and of any one call.
extension Server {
  /// Live calls, as `status` has them; the last `most` that ended, and the logins that were refused, newest first.
  func callsAnswer(_ most: Int, now: Instant) -> [UInt8] {
    exchange.reportMedia()
    let clock = WallClock(now: now)
    let ended = exchange.records.lastEnded.prefix(most).map { JSON.object(summary($0, clock)) }
    let logins = exchange.refusedLogins.logins.sorted { $0.lastAt > $1.lastAt }.map { login($0, clock) }
    return controlAnswer([
      JSON.Member("calls", .array(exchange.status(now: now).calls.map(call))),
      JSON.Member("ended", .array(Array(ended))), JSON.Member("refused_logins", .array(logins)),
    ])
  }

  /// Everything that is known of one call.
  func callAnswer(_ number: UInt32, now: Instant) -> [UInt8] {
    guard let record = exchange.records[number] else { return unknownCall(number) }
    let clock = WallClock(now: now)
    var members = summary(record, clock)
    members.append(JSON.Member("facts", .array((record.diagnosis?.facts ?? []).map { .text($0) })))
    members.append(JSON.Member("call_ids", .array(record.names.map { .text($0) })))
    members.append(JSON.Member("omitted_messages", .integer(Int64(record.ladder.omitted))))
    members.append(JSON.Member("messages", .array(record.ladder.steps.map { message($0, record, clock) })))
    return controlAnswer(members)
  }

  func unknownCall(_ number: UInt32) -> [UInt8] {
    controlRefusal("no call \(number) is known; 'sotto calls' lists those that are")
  }

  private func summary(_ record: CallRecord, _ clock: WallClock) -> [JSON.Member] {
    let facts = record.facts
    let diagnosis = record.diagnosis
    return [
      JSON.Member("number", .integer(Int64(facts.number))),
      JSON.Member("from", .text(facts.caller.number)),
      JSON.Member("to", .text(facts.callee.number)),
      JSON.Member("trunk", (facts.callee.trunk ?? facts.caller.trunk).map { .text($0) } ?? .null),
      JSON.Member("began", .text(clock.text(facts.startedAt))),
      JSON.Member("ended", facts.endedAt.map { .text(clock.text($0)) } ?? .null),
      JSON.Member("talked_seconds", facts.answeredAt.map { _ in .integer(facts.talked) } ?? .null),
      JSON.Member("path", path(facts).map { .text($0) } ?? .null),
      JSON.Member("caller_leg", leg(facts.caller)),
      JSON.Member("callee_leg", leg(facts.callee)),
      JSON.Member("cause", diagnosis.map { .text($0.cause.rawValue) } ?? .null),
      JSON.Member("fault", diagnosis.map { .bool($0.cause.isFault) } ?? .null),
      JSON.Member("sentence", diagnosis.map { .text($0.sentence) } ?? .null),
    ]
  }

  /// Which way the media of an answered call took.
  private func path(_ facts: CallFacts) -> String? {
    guard facts.answeredAt != nil, let caller = facts.caller.media else { return nil }
    if let a = facts.caller.codec, let b = facts.callee.codec, a != b { return "transcoded" }
    return caller.inKernel || facts.callee.media?.inKernel == true ? "kernel" : media.engineName
  }

  private func leg(_ party: PartyFacts) -> JSON {
    .object([
      JSON.Member("codec", party.codec.map { .text($0) } ?? .null),
      JSON.Member("encryption", party.encryption.map { .text($0) } ?? .null),
      JSON.Member(
        "signalling", party.signalling.map { .text("\(party.transport) \($0.description)") } ?? .null),
      JSON.Member("media", (party.heardAt ?? party.named).map { .text($0.description) } ?? .null),
      JSON.Member("packets_in", party.media.map { .integer(Int64(clamping: $0.packetsIn)) } ?? .null),
      JSON.Member("packets_out", party.media.map { .integer(Int64(clamping: $0.packetsOut)) } ?? .null),
      JSON.Member("heard_from", party.media?.incoming.map(quality) ?? .null),
      JSON.Member("hears", party.media?.outgoing.map(quality) ?? .null),
      JSON.Member(
        "round_trip_ms", party.media?.roundTrip.map { .real(Double($0.microseconds) / 1000) } ?? .null),
    ])
  }

  private func message(_ step: LadderStep, _ record: CallRecord, _ clock: WallClock) -> JSON {
    let path = record.ladder.path(of: step)
    return .object([
      JSON.Member("time", .text(clock.text(step.at))),
      JSON.Member("direction", .text(step.isIncoming ? "in" : "out")),
      JSON.Member("message", .text(step.text)),
      JSON.Member("transport", path.map { .text($0.transport) } ?? .null),
      JSON.Member("local", path.map { .text($0.local.description) } ?? .null),
      JSON.Member("remote", path.map { .text($0.remote.description) } ?? .null),
      JSON.Member("repeats", .integer(Int64(step.repeats))),
    ])
  }

  private func login(_ login: RefusedLogin, _ clock: WallClock) -> JSON {
    .object([
      JSON.Member("user", .text(login.user)),
      JSON.Member("source", .text(login.source.description)),
      JSON.Member("cause", .text(login.cause.rawValue)),
      JSON.Member("times", .integer(Int64(login.times))),
      JSON.Member("first", .text(clock.text(login.firstAt))),
      JSON.Member("last", .text(clock.text(login.lastAt))),
      JSON.Member("sentence", .text(login.sentence)),
    ])
  }
}

/// The time of day of moments that only the monotonic clock knows.
struct WallClock {
  private let offset: Int64

  init(now: Instant) { offset = Clock.wall() - now.microseconds }

  func text(_ at: Instant) -> String { timestamp(microsecondsSince1970: at.microseconds &+ offset) }
}
