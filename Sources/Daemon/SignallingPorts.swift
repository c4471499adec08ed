import Configuration
import Platform
import SIP
import Wire

/// SIP's class of service, CS3 (RFC 4594 §4.3).
let signallingDSCP: Int32 = 24

/// A bound address of `sip.listen`.
struct SignallingPort {
  enum Socket {
    case udp(UDPSocket)
    case stream(StreamListener)
  }

  var listener: Listener
  var socket: Socket
  /// Taken out of the configuration, kept while calls of before may use it.
  var isRetired = false

  /// Takes the socket that an earlier process left, or binds one.
  init(_ listener: Listener, _ store: DescriptorStore) throws(PlatformError) {
    self.listener = listener
    let left = store.take(listener.description)
    switch listener.transport {
    case .udp:
      let family: AddressFamily = listener.address.ip.isIPv4 ? .ipv4 : .ipv6Only
      let udp =
        if let left { UDPSocket(descriptor: left, family: family) } else { try UDPSocket(binding: listener.address) }
      do throws(PlatformError) {
        try udp.askForLocalAddress()
      } catch {
        udp.close()
        throw error
      }
      // The process before may have had the kernel drop most of what came.
      if left != nil { udp.sieve(share: nil) }
      // A burst of registrations after a power cut must fit.
      udp.setBuffers(receive: 256 << 10, send: 256 << 10)
      udp.setDSCP(signallingDSCP)
      socket = .udp(udp)
    case .tcp, .tls, .ws, .wss:
      let stream =
        if let left {
          StreamListener(tcpDescriptor: left)
        } else {
          try StreamListener(tcp: listener.address, dscp: signallingDSCP)
        }
      socket = .stream(stream)
    }
    if left == nil { store.keep([(listener.description, descriptor)]) }
  }

  func close() {
    switch socket {
    case .udp(let udp): udp.close()
    case .stream(let stream): stream.close()
    }
  }

  func token(_ number: UInt32) -> Token {
    switch socket {
    case .udp: .udp(number)
    case .stream: .streamListener(number)
    }
  }

  var descriptor: Int32 {
    switch socket {
    case .udp(let udp): udp.descriptor
    case .stream(let stream): stream.descriptor
    }
  }
}

extension Listener {
  /// As messages that come in here travel.
  var sip: SIP.Transport {
    switch transport {
    case .udp: .udp
    case .tcp: .tcp
    case .tls: .tls
    case .ws: .ws
    case .wss: .wss
    }
  }
}

/// The addresses at which SIP is awaited now.
final class SignallingPorts {
  private let poller: Poller
  private let store: DescriptorStore
  private var ports: [UInt32: SignallingPort] = [:]
  private var lastNumber: UInt32 = 0

  init(poller: Poller, store: DescriptorStore) {
    self.poller = poller
    self.store = store
  }

  subscript(_ number: UInt32) -> SignallingPort? { ports[number] }

  /// In the order of opening, those in the configuration only.
  var listeners: [Listener] {
    ports.filter { !$0.value.isRetired }.sorted { $0.key < $1.key }.map { $0.value.listener }
  }

  /// What a change of `sip.listen` did.
  struct Change {
    var opened: [Listener] = []
    var retired: [Listener] = []
    /// Left out, because this machine has no IPv6.
    var skipped: [Listener] = []
  }

  /// Opens what is new and retires what is gone. Where one cannot be opened none of it is done.
  func become(_ wanted: [Listener]) throws(PlatformError) -> Change {
    var change = Change()
    var added: [SignallingPort] = []
    let hasIPv6 = Network.hasIPv6()
    do throws(PlatformError) {
      for listener in wanted where !revive(listener) {
        if !hasIPv6 && listener.address.ip == .anyIPv6 {
          change.skipped.append(listener)
          continue
        }
        let port = try SignallingPort(listener, store)
        added.append(port)
        try poller.add(port.descriptor, .readable, token: port.token(lastNumber + UInt32(added.count)).packed)
      }
    } catch {
      for port in added { port.close() }
      store.drop(added.map { $0.listener.description })
      throw error
    }
    for port in added {
      lastNumber += 1
      ports[lastNumber] = port
      change.opened.append(port.listener)
    }
    for (number, port) in ports where !port.isRetired && !wanted.contains(port.listener) {
      ports[number]?.isRetired = true
      change.retired.append(port.listener)
    }
    return change
  }

  /// Whether the listener is open; a retired one serves again.
  private func revive(_ listener: Listener) -> Bool {
    guard let number = ports.first(where: { $0.value.listener == listener })?.key else { return false }
    ports[number]?.isRetired = false
    return true
  }

  var udpSockets: [UDPSocket] {
    ports.values.compactMap { if case .udp(let socket) = $0.socket { socket } else { nil } }
  }

  var hasRetired: Bool { ports.values.contains { $0.isRetired } }

  /// Closes what is out of the configuration; to be called when no call is left that might use it.
  func closeRetired() {
    for (number, port) in ports where port.isRetired {
      port.close()
      store.drop([port.listener.description])
      ports[number] = nil
    }
  }

  func closeAll() {
    for port in ports.values { port.close() }
    ports = [:]
  }

  /// The UDP socket to send from, given the local address that the flow names: that very address, else the wildcard with
  /// that port, else any of the family. With it the source address to ask the kernel for, where the socket has many.
  func udp(for flow: Flow) -> (socket: UDPSocket, source: IPAddress?)? {
    var best: (socket: UDPSocket, source: IPAddress?)?
    var bestRank = 0
    for port in ports.values {
      guard case .udp(let socket) = port.socket, port.listener.address.ip.isIPv4 == flow.remote.ip.isIPv4 else {
        continue
      }
      let bound = port.listener.address
      let samePort = bound.port == flow.local.port
      let rank = bound.ip == flow.local.ip && samePort ? 3 : bound.ip.isUnspecified && samePort ? 2 : 1
      guard rank > bestRank else { continue }
      bestRank = rank
      best = (socket, rank == 2 && !flow.local.ip.isUnspecified ? flow.local.ip : nil)
    }
    return best
  }
}
