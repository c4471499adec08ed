import CCares
import CLinux
import Wire

/// Looks up host names by c-ares: a static glibc must not call getaddrinfo. `/etc/hosts` and `/etc/resolv.conf` count.
public enum NameLookup {
  /// The addresses of a name, in the order of RFC 6724; empty where there are none. Blocks for at most `patience`.
  public static func addresses(of name: String, patience: Interval) throws(PlatformError) -> [IPAddress] {
    let query = try Query()
    return query.run(name, until: Clock.monotonic() + patience)
  }
}

/// One look-up: c-ares says which descriptors to watch, and the poller says when they are ready.
private final class Query {
  private var channel: OpaquePointer?
  private let poller: Poller
  private var watched: Set<Int32> = []
  private var answer: [IPAddress]?

  init() throws(PlatformError) {
    poller = try Poller()
    var options = ares_options()
    options.timeout = 1500
    options.tries = 3
    options.sock_state_cb = { context, socket, readable, writable in
      guard let context else { return }
      Unmanaged<Query>.fromOpaque(context).takeUnretainedValue().watch(socket, readable != 0, writable != 0)
    }
    options.sock_state_cb_data = Unmanaged.passUnretained(self).toOpaque()
    let mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB
    guard ares_init_options(&channel, &options, Int32(mask)) == 0 else {
      poller.close()
      throw .system("ares_init", errno: ENOMEM)
    }
  }

  deinit {
    if let channel { ares_destroy(channel) }
    poller.close()
  }

  func run(_ name: String, until deadline: Instant) -> [IPAddress] {
    var hints = ares_addrinfo_hints()
    hints.ai_socktype = 2  // SOCK_DGRAM: one entry an address
    ares_getaddrinfo(
      channel, name, nil, &hints,
      { context, status, _, result in
        guard let context else { return }
        Unmanaged<Query>.fromOpaque(context).takeUnretainedValue().answered(status, result)
      }, Unmanaged.passUnretained(self).toOpaque())
    while answer == nil && Clock.monotonic() < deadline {
      var progressed = false
      // c-ares wants to be woken for its own repetitions too.
      poller.wait(until: min(deadline, Clock.monotonic() + .milliseconds(200))) { token, what in
        progressed = true
        let fd = Int32(truncatingIfNeeded: Int64(bitPattern: token))
        ares_process_fd(
          channel, what.contains(.readable) || what.contains(.failed) ? fd : -1, what.contains(.writable) ? fd : -1)
      }
      if !progressed { ares_process_fd(channel, -1, -1) }
    }
    // Answers the callback, should it still wait, before this object goes.
    ares_cancel(channel)
    return answer ?? []
  }

  private func watch(_ socket: Int32, _ readable: Bool, _ writable: Bool) {
    guard readable || writable else {
      poller.remove(socket)
      watched.remove(socket)
      return
    }
    let what: Readiness = readable && writable ? [.readable, .writable] : readable ? .readable : .writable
    let token = UInt64(bitPattern: Int64(socket))
    if watched.insert(socket).inserted {
      try? poller.add(socket, what, token: token)
    } else {
      try? poller.change(socket, what, token: token)
    }
  }

  private func answered(_ status: Int32, _ result: UnsafeMutablePointer<ares_addrinfo>?) {
    var found: [IPAddress] = []
    if let result {
      var node = result.pointee.nodes
      while let here = node {
        var raw = clinux_address()
        if clinux_read_sockaddr(here.pointee.ai_addr, here.pointee.ai_addrlen, &raw) != 0 {
          found.append(SocketAddress(raw).ip)
        }
        node = here.pointee.ai_next
      }
      ares_freeaddrinfo(result)
    }
    answer = found
  }
}
