import SIP
import Wire

/// Where messages wait that are not urgent, while there is more to do than can be done.
///
/// Whoever belongs to a call, or answers us, never waits. New work of those who are known comes next, and strangers last.
/// How much can be done shows in how long messages wait, on this machine and with this configuration: once the oldest of a
/// class has waited too long, others of it are refused until the line is short again. A struct without clock or socket.
public struct FrontDoor: Sendable {
  public struct Message: Sendable {
    public let bytes: [UInt8]
    public let flow: Flow
    let since: Instant
  }

  /// Whom a message comes from, and what it is.
  public enum Standing: Sendable {
    /// Of a call, or a response.
    case urgent
    /// New work of a source that has proved itself.
    case known
    case stranger
  }

  public enum Verdict: Equatable, Sendable {
    case handle
    /// It waits for `next`.
    case waits
    /// It is to be answered 503, with so many seconds of Retry-After, or not at all where that costs too much.
    case refuse(retryAfter: Int)
  }

  /// One class's line.
  private struct Line: Sendable {
    /// The oldest may wait so long before others are refused: less than the 500 ms after which a sender repeats itself.
    let patience: Interval
    private(set) var waiting: [Message] = []
    private var first = 0
    private var isRefusing = false

    init(patience: Interval) { self.patience = patience }

    var count: Int { waiting.count - first }
    private var head: Message? { first < waiting.count ? waiting[first] : nil }

    mutating func append(_ message: Message) { waiting.append(message) }

    /// Whether another is refused. Once it is, the line has to get short before that ends, else it would end and begin
    /// with each message.
    mutating func refuses(_ hasRoom: Bool, now: Instant) -> Bool {
      let age = head.map { now - $0.since } ?? .zero
      if age < .microseconds(patience.microseconds / 4) { isRefusing = false }
      if age > patience || count >= FrontDoor.mostWaiting || !hasRoom { isRefusing = true }
      return isRefusing
    }

    mutating func forget(_ flow: Flow) -> [Message] {
      let gone = waiting[first...].filter { $0.flow == flow }
      if !gone.isEmpty {
        waiting = waiting[first...].filter { $0.flow != flow }
        first = 0
      }
      return gone
    }

    mutating func take() -> Message? {
      guard let head else { return nil }
      first += 1
      if first >= 256 || first == waiting.count {
        waiting.removeFirst(first)
        first = 0
      }
      return head
    }
  }

  /// Beyond that, whatever the times say: memory is bounded.
  static let mostWaiting = 1024
  static let mostOctets = 2 << 20
  /// Messages of one stranger that may wait once so many wait, so that one who floods leaves room for the others.
  static let mostOfOne = 32
  static let contended = 128
  /// Without a refusal for that long the overload is over.
  static let calm = Interval.seconds(2)

  private var known = Line(patience: .milliseconds(250))
  private var strangers = Line(patience: .milliseconds(100))
  private var octets = 0
  private var ofOne: [IPAddress: Int] = [:]
  private var lastRefusal: Instant?
  /// Whether it has been said that there is too much to do.
  public private(set) var isOverloaded = false
  /// Since the start.
  public private(set) var refused: UInt64 = 0
  public private(set) var overloads: UInt64 = 0

  public init() {}

  public var hasWaiting: Bool { known.count + strangers.count > 0 }
  public var waitingCount: Int { known.count + strangers.count }

  /// A message has come.
  public mutating func arrive(_ bytes: [UInt8], _ flow: Flow, _ standing: Standing, now: Instant) -> Verdict {
    let isKnown: Bool
    switch standing {
    case .urgent: return .handle
    case .known: isKnown = true
    case .stranger: isKnown = false
    }
    let hasRoom = octets + bytes.count <= Self.mostOctets
    let isRefusing =
      isKnown ? known.refuses(hasRoom, now: now) : strangers.refuses(hasRoom, now: now)
    let source = flow.source
    let isFair = isKnown || strangers.count < Self.contended || ofOne[source, default: 0] < Self.mostOfOne
    guard !isRefusing && isFair else { return refuse(bytes, now: now) }
    octets += bytes.count
    let message = Message(bytes: bytes, flow: flow, since: now)
    if isKnown {
      known.append(message)
    } else {
      ofOne[source, default: 0] += 1
      strangers.append(message)
    }
    return .waits
  }

  /// What is to be handled next: those who are known first.
  public mutating func next(now: Instant) -> Message? {
    if let message = known.take() {
      octets -= message.bytes.count
      return message
    }
    guard let message = strangers.take() else { return nil }
    octets -= message.bytes.count
    settle(message)
    return message
  }

  private mutating func settle(_ message: Message) {
    let source = message.flow.source
    let left = (ofOne[source] ?? 1) - 1
    ofOne[source] = left > 0 ? left : nil
  }

  /// A connection is gone: what came by it concerns nobody any more.
  public mutating func forget(_ flow: Flow) {
    for message in known.forget(flow) { octets -= message.bytes.count }
    for message in strangers.forget(flow) {
      octets -= message.bytes.count
      settle(message)
    }
  }

  /// Has what was not handled at last be refused; counts it.
  private mutating func refuse(_ bytes: [UInt8], now: Instant) -> Verdict {
    refused &+= 1
    lastRefusal = now
    // Spread by what the message is, lest all come back at once.
    let spread = bytes.prefix(256).reduce(0 as UInt32) { $0 &* 31 &+ UInt32($1) }
    return .refuse(retryAfter: 5 + Int(spread % 11))
  }

  /// Whether the overload has begun or ended since this was last asked; nil where neither.
  public mutating func news(now: Instant) -> Bool? {
    let isOverloadedNow = lastRefusal.map { now - $0 < Self.calm } ?? false
    guard isOverloadedNow != isOverloaded else { return nil }
    isOverloaded = isOverloadedNow
    if isOverloadedNow { overloads &+= 1 }
    return isOverloadedNow
  }

  /// When `news` may have something that no message brings.
  public var nextDeadline: Instant? { isOverloaded ? lastRefusal.map { $0 + Self.calm } : nil }
}
