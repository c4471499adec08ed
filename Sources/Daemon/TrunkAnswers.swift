import Configuration
import Console
import PBX
import Wire

/// What the control socket says of trunks.
extension Server {
  func trunk(_ trunk: TrunkStatus) -> JSON {
    .object([
      JSON.Member("name", .text(trunk.name)),
      JSON.Member("state", .text(trunk.state.rawValue)),
      JSON.Member("server", trunk.server.map { .text($0) } ?? .null),
      JSON.Member("expires_seconds", trunk.expiresIn.map { .integer($0) } ?? .null),
      JSON.Member("retry_seconds", trunk.retryIn.map { .integer($0) } ?? .null),
      JSON.Member("last_error", trunk.lastError.map { .text($0) } ?? .null),
      JSON.Member("calls", .integer(Int64(trunk.calls))),
      JSON.Member("channels", .integer(Int64(trunk.channels))),
      JSON.Member("calls_today", .integer(Int64(trunk.callsToday))),
      JSON.Member("seconds_today", .integer(trunk.secondsToday)),
    ])
  }

  func tryTrunk(_ name: String, calling number: String?, now: Instant) -> [UInt8] {
    let names = configuration.trunks.map { $0.name }
    guard names.contains(name) else {
      let meant = nearest(to: name, among: names).map { "; did you mean \($0)?" } ?? ""
      return controlRefusal("there is no trunk \(quoted(name))\(meant)")
    }
    guard let id = exchange.tryTrunk(name, calling: number, now: now) else {
      return controlRefusal("other trunks are being tried; wait a minute")
    }
    return controlAnswer([JSON.Member("id", .integer(Int64(id)))])
  }

  func trialResult(_ id: UInt32) -> [UInt8] {
    guard let trial = exchange.trial(id) else { return controlRefusal("that trial is forgotten") }
    return controlAnswer([
      JSON.Member("steps", .array(trial.steps.map { .text($0) })),
      JSON.Member("succeeded", trial.hasSucceeded.map { .bool($0) } ?? .null),
    ])
  }
}
