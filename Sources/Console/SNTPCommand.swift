import Configuration
import Crypto
import Platform
import SNTP
import Wire

/// `sotto sntp`: asks time servers, one after the other, and sets the clock by the first good answer.
public struct SNTPCommand {
  private static let patience = Interval.seconds(2)
  private let servers: [String]

  public init(servers: [String]) { self.servers = servers }

  @export(interface)
  public func run(onlyPrint: Bool) -> Int32 {
    for server in servers {
      for address in addresses(of: server) {
        if let answer = ask(SocketAddress(address, port: 123), name: server) {
          return use(answer, of: server, onlyPrint: onlyPrint)
        }
      }
    }
    return 1
  }

  /// At most three, for a pool has many and init waits.
  private func addresses(of server: String) -> [IPAddress] {
    if let address = IPAddress(server) { return [address] }
    do throws(PlatformError) {
      let found = try NameLookup.addresses(of: server, patience: .seconds(6))
      if found.isEmpty { complain(server, "the name has no address; is the network up, and a name server known?") }
      return Array(found.prefix(3))
    } catch {
      complain(server, error.description)
      return []
    }
  }

  private func ask(_ address: SocketAddress, name: String) -> SNTPAnswer? {
    do throws(PlatformError) {
      let any: IPAddress = address.ip.isIPv4 ? .anyIPv4 : .anyIPv6
      let socket = try UDPSocket(binding: SocketAddress(any, port: 0))
      defer { socket.close() }
      let poller = try Poller()
      defer { poller.close() }
      try poller.add(socket.descriptor, .readable, token: 0)
      return ask(address, name, socket, poller)
    } catch {
      complain(name, error.description)
      return nil
    }
  }

  private func ask(_ address: SocketAddress, _ name: String, _ socket: UDPSocket, _ poller: Poller) -> SNTPAnswer? {
    guard let random = try? randomBytes(8) else {
      complain(name, "no random number to be had")
      return nil
    }
    let question = SNTPQuestion(cookie: random.reduce(0) { $0 << 8 | UInt64($1) }, sent: Clock.monotonic())
    let failure = socket.send(question.packet, to: address)
    guard failure == 0 else {
      complain(name, errorText(failure))
      return nil
    }
    let receiver = DatagramReceiver()
    let deadline = question.sent + Self.patience
    var answer: SNTPAnswer?
    while answer == nil && Clock.monotonic() < deadline {
      poller.wait(until: deadline) { _, _ in
        receiver.receive(from: socket) { datagram in
          guard answer == nil, datagram.from.ip == address.ip, datagram.from.port == address.port else { return }
          do throws(SNTPError) {
            answer = try question.read(datagram.bytes, received: Clock.monotonic())
          } catch {
            complain(name, error.description)
          }
        }
      }
    }
    if answer == nil { complain(name, "no good answer within \(Self.patience.seconds) s") }
    return answer
  }

  private func use(_ answer: SNTPAnswer, of server: String, onlyPrint: Bool) -> Int32 {
    let difference = answer.time - Clock.wall()
    let told =
      "\(server) (stratum \(answer.stratum)): \(timestamp(microsecondsSince1970: answer.time)), "
      + "this clock \(difference < 0 ? "ahead" : "behind") by \(abs(difference) / 1000) ms"
    if !onlyPrint {
      do throws(PlatformError) {
        try Clock.set(wall: answer.time)
      } catch {
        complain(server, error.description)
        return 1
      }
    }
    Process.writeOutput(told + (onlyPrint ? "\n" : "; set\n"))
    return 0
  }

  private func complain(_ server: String, _ reason: String) {
    Process.writeError("sotto: time server \(quoted(server)): \(reason)\n")
  }
}
