import SIP

/// Which messages are wanted.
public struct TraceFilter: Sendable {
  /// Only those from or to that number, and what belongs to them.
  public var number: String?
  /// Only those of that call, by the number that the exchange gave it.
  public var call: UInt32?
  /// Call-IDs beyond that many are forgotten, and found again by their next message that names the number.
  private static let mostNames = 1024
  private var names: Set<String> = []

  public init(number: String? = nil, call: UInt32? = nil) {
    self.number = number
    self.call = call
  }

  /// Whether a message is wanted; `callNamed` says which call has a Call-ID.
  public mutating func takes(_ message: [UInt8], callNamed: (String) -> UInt32?) -> Bool {
    guard number != nil || call != nil else { return true }
    guard let parsed = try? Message.parse(message, .datagram), let name = parsed.headers[.callID] else { return false }
    if let call, callNamed(name) != call { return false }
    guard let number else { return true }
    if names.contains(name) { return true }
    var users = [(try? parsed.headers.from)?.uri.unescapedUser, (try? parsed.headers.to)?.uri.unescapedUser]
    if case .request(let request) = parsed { users.append(request.uri.unescapedUser) }
    guard users.contains(number) else { return false }
    if names.count >= Self.mostNames { names = [] }
    names.insert(name)
    return true
  }
}
