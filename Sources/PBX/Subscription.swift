import SIP
import Wire

/// What a phone can be told of without asking again (RFC 6665).
enum EventPackage: String, CaseIterable, Sendable {
  /// Who talks with whom (RFC 4235): the lamps beside a phone's keys.
  case dialog
  /// Whether messages wait (RFC 3842).
  case messageSummary = "message-summary"

  var mediaType: MediaType {
    switch self {
    case .dialog: MediaType("application", "dialog-info+xml")
    case .messageSummary: MediaType("application", "simple-message-summary")
    }
  }

  static let names = allCases.map { $0.rawValue }.joined(separator: ", ")
}

/// A phone's subscription, as a plain value.
struct Subscription: Sendable {
  /// Whose phone it is, and the number that it watches.
  let subscriber: String
  let watched: String
  let package: EventPackage
  /// The Event of the SUBSCRIBE, whose `id` every NOTIFY repeats (RFC 6665 §8.2.1).
  let event: String
  var dialog: Dialog
  var expires: Instant
  /// Documents told so far.
  var version: UInt32 = 0
  /// What the last of them said, so that nothing is told twice.
  var told: [UInt8]?

  func secondsLeft(_ now: Instant) -> Int64 { max(0, ((expires - now).microseconds + 999_999) / 1_000_000) }
}

/// All subscriptions by our tag.
struct Subscriptions: Sendable {
  /// One phone has a lamp for each colleague; all together may not fill the memory.
  static let mostOfOne = 200
  static let most = 4096

  private(set) var byTag: [String: Subscription] = [:]
  /// No subscription expires before this.
  private(set) var deadline: Instant?
  /// Tags of those that changed since they were last kept; nil where nobody keeps them.
  var changes: Set<String>?
  /// How many watch a number's calls.
  private var watchers: [String: Int] = [:]

  subscript(tag: String) -> Subscription? { byTag[tag] }

  var isEmpty: Bool { byTag.isEmpty }

  func isWatched(_ number: String) -> Bool { watchers[number] != nil }

  func count(of subscriber: String) -> Int { byTag.values.count { $0.subscriber == subscriber } }

  mutating func set(_ tag: String, _ subscription: Subscription) {
    if byTag[tag] == nil { watchers[subscription.watched, default: 0] += 1 }
    byTag[tag] = subscription
    changes?.insert(tag)
    deadline = earliest(deadline, subscription.expires)
  }

  /// That connection is gone: whoever subscribed by it is told again once back.
  mutating func lost(_ flow: Flow) {
    guard flow.connection != 0 else { return }
    for (tag, subscription) in byTag where subscription.dialog.flow == flow {
      byTag[tag]?.dialog.lost(flow)
      changes?.insert(tag)
    }
  }

  mutating func remove(_ tag: String) {
    guard let gone = byTag.removeValue(forKey: tag) else { return }
    changes?.insert(tag)
    watchers[gone.watched] = watchers[gone.watched].flatMap { $0 > 1 ? $0 - 1 : nil }
    if byTag.isEmpty { deadline = nil }
  }

  /// The tags of those that have expired.
  mutating func expired(by now: Instant) -> [String] {
    guard let deadline, deadline <= now else { return [] }
    let gone = byTag.filter { $0.value.expires <= now }.map { $0.key }
    self.deadline = byTag.values.lazy.map { $0.expires }.filter { $0 > now }.min()
    return gone
  }
}
