import CCares
import CLinux
import DNS
import Wire

/// Asks the domain name system by c-ares over the sockets of somebody's poller: a static glibc must not call getaddrinfo.
/// `/etc/hosts` counts for addresses. Nothing here blocks: `ask`, hand over what the poller says by `ready`, call `wake` at
/// `nextDeadline`, and drain `next()`.
public final class NameResolver {
  private static let systemFile = "/etc/resolv.conf"

  private let poller: Poller
  private let token: (Int32) -> UInt64
  private var channel: OpaquePointer?
  private var servers: [SocketAddress]
  private var watched: Set<Int32> = []
  private let inbox = Inbox()
  private var asked = 0
  private var taken = 0
  /// When the system's list of name servers was last written.
  private var systemIdentity: UInt64

  /// `servers` replaces what `/etc/resolv.conf` names, where it isn't empty. `token` names a socket in the poller.
  public init(poller: Poller, servers: [SocketAddress] = [], token: @escaping (Int32) -> UInt64) throws(PlatformError) {
    self.poller = poller
    self.servers = servers
    self.token = token
    systemIdentity = clinux_file_identity(NameResolver.systemFile)
    try open()
  }

  deinit { close() }

  /// Questions without an answer so far.
  public var waiting: Int { asked - taken - inbox.answers.count }

  /// From now on other name servers are asked. Questions under way end as failed.
  public func use(_ servers: [SocketAddress]) throws(PlatformError) {
    guard servers != self.servers else { return }
    self.servers = servers
    close()
    try open()
  }

  public func ask(_ question: NameQuestion) {
    refresh()
    asked += 1
    let pending = Unmanaged.passRetained(Pending(question, inbox))
    switch question.kind {
    case .ipv4, .ipv6:
      var hints = ares_addrinfo_hints()
      hints.ai_flags = Int32(ARES_AI_NOSORT)
      hints.ai_family = question.kind == .ipv4 ? 2 : 10  // AF_INET, AF_INET6
      hints.ai_socktype = 2  // SOCK_DGRAM: one entry an address
      ares_getaddrinfo(
        channel, question.name, nil, &hints,
        { context, status, _, result in
          guard let context else { return }
          let pending = Unmanaged<Pending>.fromOpaque(context).takeRetainedValue()
          pending.end(addresses(status, result))
        }, pending.toOpaque())
    case .service, .pointer:
      ccares_query(
        channel, question.name, Int32(question.kind.rawValue),
        { context, status, _, bytes, count in
          guard let context else { return }
          let pending = Unmanaged<Pending>.fromOpaque(context).takeRetainedValue()
          var response: [UInt8] = []
          if let bytes, count > 0 { response = Array(UnsafeBufferPointer(start: bytes, count: Int(count))) }
          pending.end(records(status, response, pending.question.kind))
        }, pending.toOpaque())
    }
  }

  /// A socket of the poller is ready.
  public func ready(_ socket: Int32, _ what: Readiness) {
    let readable = what.contains(.readable) || what.contains(.failed) || what.contains(.hangup)
    ares_process_fd(channel, readable ? socket : -1, what.contains(.writable) ? socket : -1)
  }

  /// When c-ares wants to repeat a question, or give up on it.
  public var nextDeadline: Instant? {
    let left = ccares_timeout(channel)
    return left < 0 ? nil : Clock.monotonic() + .microseconds(Int64(left))
  }

  public func wake() { ares_process_fd(channel, -1, -1) }

  /// The next answer that came, or nil.
  public func next() -> (question: NameQuestion, answer: NameAnswer)? {
    guard !inbox.answers.isEmpty else { return nil }
    taken += 1
    return inbox.answers.removeFirst()
  }

  // MARK: The channel

  private func open() throws(PlatformError) {
    var options = ares_options()
    options.timeout = 1500
    options.tries = 3
    options.sock_state_cb = { context, socket, readable, writable in
      guard let context else { return }
      Unmanaged<NameResolver>.fromOpaque(context).takeUnretainedValue().watch(socket, readable != 0, writable != 0)
    }
    options.sock_state_cb_data = Unmanaged.passUnretained(self).toOpaque()
    let mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB
    guard ares_init_options(&channel, &options, Int32(mask)) == 0 else {
      channel = nil
      throw .system("ares_init", errno: ENOMEM)
    }
    guard !servers.isEmpty else { return }
    let list = servers.map { $0.description }.joined(separator: ",")
    guard ares_set_servers_ports_csv(channel, list) == 0 else { throw .system("ares_set_servers", errno: EINVAL) }
  }

  /// Ends all questions as failed.
  private func close() {
    if let channel { ares_destroy(channel) }
    channel = nil
    for socket in watched { poller.remove(socket) }
    watched = []
  }

  /// DHCP writes `/etc/resolv.conf` when it likes; c-ares reads it once.
  private func refresh() {
    guard servers.isEmpty, waiting == 0 else { return }
    let identity = clinux_file_identity(NameResolver.systemFile)
    guard identity != systemIdentity else { return }
    systemIdentity = identity
    close()
    try? open()
  }

  private func watch(_ socket: Int32, _ readable: Bool, _ writable: Bool) {
    guard readable || writable else {
      poller.remove(socket)
      watched.remove(socket)
      return
    }
    let what: Readiness = readable && writable ? [.readable, .writable] : readable ? .readable : .writable
    if watched.insert(socket).inserted {
      try? poller.add(socket, what, token: token(socket))
    } else {
      try? poller.change(socket, what, token: token(socket))
    }
  }
}

/// Answers that nobody has taken yet.
private final class Inbox {
  var answers: [(question: NameQuestion, answer: NameAnswer)] = []
}

/// One question on its way; c-ares holds it until it calls back, which it always does.
private final class Pending {
  let question: NameQuestion
  private let inbox: Inbox

  init(_ question: NameQuestion, _ inbox: Inbox) {
    self.question = question
    self.inbox = inbox
  }

  func end(_ answer: NameAnswer) { inbox.answers.append((question, answer)) }
}

private func addresses(_ status: Int32, _ result: UnsafeMutablePointer<ares_addrinfo>?) -> NameAnswer {
  defer { if let result { ares_freeaddrinfo(result) } }
  guard let result, ccares_outcome(status) == CCARES_FOUND else { return failure(status) }
  var found: [IPAddress] = []
  var seconds = UInt32.max
  var node = result.pointee.nodes
  while let here = node {
    var raw = clinux_address()
    if clinux_read_sockaddr(here.pointee.ai_addr, here.pointee.ai_addrlen, &raw) != 0 {
      found.append(SocketAddress(raw).ip)
      // Of /etc/hosts it is nothing: the file is soon read again.
      seconds = min(seconds, here.pointee.ai_ttl > 0 ? UInt32(here.pointee.ai_ttl) : 5)
    }
    node = here.pointee.ai_next
  }
  return found.isEmpty ? .absent(seconds: ResponseReader.absence) : .found(.addresses(found), seconds: seconds)
}

private func records(_ status: Int32, _ response: [UInt8], _ kind: NameQuestion.Kind) -> NameAnswer {
  let outcome = ccares_outcome(status)
  // c-ares hands over the response also where it says that there is nothing of the kind.
  let isRead = !response.isEmpty && (outcome == CCARES_FOUND || outcome == CCARES_ABSENT)
  return isRead ? ResponseReader.read(response, kind) : failure(status)
}

private func failure(_ status: Int32) -> NameAnswer {
  switch ccares_outcome(status) {
  case CCARES_ABSENT: .absent(seconds: ResponseReader.absence)
  case CCARES_REFUSED: .failed(.refused)
  case CCARES_MALFORMED: .failed(.malformed)
  case CCARES_BAD_NAME: .failed(.badName)
  default: .failed(.timeout)
  }
}
