import Configuration
import SIP
import Wire

/// A trunk at one moment.
public struct TrunkStatus: Sendable {
  public enum State: String, Sendable {
    case registered, registering, reachable, unreachable, unknown
    case notRegistered = "not registered"
  }

  public var name: String
  public var state: State
  /// Where it is reached: `udp 192.0.2.7:5060`; nil before it is known.
  public var server: String?
  /// Seconds until the registration expires.
  public var expiresIn: Int64?
  /// Seconds until it is tried again, of one that does not work.
  public var retryIn: Int64?
  public var lastError: String?
  /// Calls that it carries, and may carry.
  public var calls: Int
  public var channels: Int
  /// Of the day: calls out, and seconds that they talked.
  public var callsToday: Int
  public var secondsToday: Int64
}

extension Exchange {
  /// Every trunk, in the order of the configuration.
  public func trunkStatus(now: Instant) -> [TrunkStatus] {
    configuration.trunks.compactMap { settings in
      guard let trunk = outside.trunks[settings.name] else { return nil }
      var state = TrunkStatus.State.unknown
      var expiresIn: Int64?
      switch trunk.registration {
      case .none:
        if let isReachable = trunk.isReachable { state = isReachable ? .reachable : .unreachable }
      case .absent: state = .notRegistered
      case .asking: state = trunk.isReachable == true ? .registered : .registering
      case .held(let until, _):
        state = .registered
        expiresIn = max(0, (until - now).seconds)
      }
      let works = state == .registered || state == .reachable
      return TrunkStatus(
        name: settings.name, state: state, server: trunk.way?.flow.text, expiresIn: expiresIn,
        retryIn: works ? nil : trunk.dueAt.map { max(0, ($0 - now).seconds) }, lastError: trunk.lastError,
        calls: outside.calls(of: settings.name), channels: settings.channels,
        callsToday: outside.toll.calls(.trunk(settings.name)),
        secondsToday: outside.toll.talked(.trunk(settings.name), now).seconds)
    }
  }
}
