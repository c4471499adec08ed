import Crypto
import Phone
import SIP
import Wire

/// What an exchange, or whoever reaches a phone's ports, may send to a telephone. The input is a sequence of steps, each of
/// one octet and two of length, then the data: 0 a SIP message, 1 a packet of voice, 2 one of reports, 3 time that passes,
/// others what the user does. The phone calls before all else. It says voice only once something was agreed on, tells of
/// one end for each call, and knows when it wants to be woken.
func phoneFault(_ bytes: [UInt8]) -> String? {
  guard let account = try? Account(uri: "sip:1001@office.lan") else { return "the account can't be read" }
  var phone = FuzzedPhone(account)
  var rest = bytes[...]
  var steps = 0
  while rest.count >= 3, steps < 200 {
    let (kind, count) = (rest.first ?? 0, Int(rest[rest.startIndex + 1]) << 8 | Int(rest[rest.startIndex + 2]))
    let data = Array(rest.dropFirst(3).prefix(count))
    rest = rest.dropFirst(3 + data.count)
    phone.take(kind, data)
    if let fault = phone.fault { return fault }
    steps += 1
  }
  return nil
}

private struct FuzzedPhone {
  private(set) var fault: String?
  private var agent: UserAgent
  private let path = VoicePath(rate: 8000, hidesSpeech: true, random: RandomSource(seed: [2]))
  private var now = Instant.zero
  private let flow = Flow(
    transport: .tls, local: SocketAddress(IPAddress(ipv4: 0x0a00_0001), port: 5061),
    remote: SocketAddress(IPAddress(ipv4: 0x0a00_0002), port: 5061), connection: 1)
  private var isAgreed = false
  private var calls = 0

  init(_ account: Account) {
    agent = UserAgent(account, mediaPort: 4000, random: RandomSource(seed: [1]))
    agent.reached(flow, now: now)
    agent.call("1002", now: now)
    drain()
  }

  mutating func take(_ kind: UInt8, _ data: [UInt8]) {
    switch kind & 15 {
    case 0: if let message = try? Message.parse(data) { agent.receive(message, from: flow, now: now) }
    case 1: path.receive(data, now: now)
    case 2: path.receiveControl(data, now: now)
    case 3: now += .milliseconds(Int64(data.first ?? 20) * 100)
    case 4: agent.answer(now: now)
    case 5: agent.hold((data.first ?? 0) & 1 == 0, now: now)
    case 6: agent.hangUp(now: now)
    case 7: agent.call("1003", now: now)
    case 8: path.press((data.first ?? 0) & 15)
    case 9:
      path.secure(
        SecureWish(identity: [UInt8](repeating: 1, count: 32), peer: nil, isRequired: false), now: now)
    default: agent.lost(now: now)
    }
    agent.wake(now: now)
    drain()
    if let due = agent.nextDeadline, due <= now { fault = "a deadline that has passed stays" }
    speak()
  }

  private mutating func drain() {
    while let output = agent.poll() {
      guard case .event(let event) = output else { continue }
      switch event {
      case .media(let terms):
        isAgreed = true
        path.use(terms, now: now)
      case .calling, .incoming: calls += 1
      // A call that could not even begin ends too.
      case .ended: calls = max(0, calls - 1)
      default: break
      }
      if calls > 1 { fault = "two calls at once" }
    }
  }

  /// One packet time.
  private mutating func speak() {
    var samples = [Int16](repeating: 100, count: path.packetTime * 8)
    samples.withUnsafeBufferPointer { path.say($0, now: now) }
    samples.withUnsafeMutableBufferPointer { path.hear($0, now: now) }
    path.wake(now: now)
    while path.poll() != nil {}
    if !path.takeOutgoing().isEmpty && !isAgreed { fault = "voice goes out before anything was agreed on" }
  }
}
