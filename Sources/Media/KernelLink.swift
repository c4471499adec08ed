import KernelRelay
import Platform
import Wire

/// The signalling thread's connection to the relay helper. While there is none, it is looked for from time to time: the
/// helper may start later, or start again.
struct KernelLink {
  private static let retryEvery = Interval.seconds(5)

  private let path: String
  private var client: RelayClient?
  /// When to look for the helper again; nil while connected.
  private(set) var nextTry: Instant? = .zero
  /// What was said last, so that each change is said once.
  private var said: String?

  init(path: String) { self.path = path }

  var isOpen: Bool { client != nil }
  var descriptor: Int32? { client?.descriptor }

  /// Looks for the helper where it is time to; returns what has changed.
  mutating func wake(now: Instant) -> Event? {
    guard let due = nextTry, now >= due else { return nil }
    do throws(PlatformError) {
      client = try RelayClient(path: path)
      nextTry = nil
      said = nil
      return .kernelRelay(refusal: nil)
    } catch {
      nextTry = now + Self.retryEvery
      return refused(error.description)
    }
  }

  private mutating func refused(_ reason: String) -> Event? {
    guard reason != said else { return nil }
    said = reason
    return .kernelRelay(refusal: reason)
  }

  /// The connection ended; returns what is to be said of it.
  mutating func lose(now: Instant) -> Event? {
    client?.close()
    client = nil
    nextTry = now + Self.retryEvery
    return refused("the relay helper at \(path) has ended")
  }

  mutating func ask(_ request: RelayRequest) { client?.ask(request) }

  /// Sends what was asked; false where the helper is gone.
  mutating func flush() -> Bool {
    client?.flush()
    return client?.isBroken != true
  }

  /// Hands over what the helper said; false where it is gone.
  mutating func replies(_ body: (RelayReply) -> Void) -> Bool {
    client?.replies(body)
    return client?.isBroken != true
  }
}
