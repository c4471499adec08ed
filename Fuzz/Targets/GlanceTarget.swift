import SIP
import Wire

/// A message looked at in a hurry: what the careful parser takes is seen alike, and an answer is one that it takes too.
func glanceFault(_ bytes: [UInt8]) -> String? {
  let flow = Flow(
    transport: .tcp, local: SocketAddress(IPAddress(ipv4: 1), port: 5060),
    remote: SocketAddress(IPAddress(ipv4: 2), port: 5060))
  let glance = Glance(bytes)
  let answer = hurriedRefusal(of: bytes, from: flow, retryAfter: 5, tag: "tag")
  // Each line ends in two octets, whatever it came with.
  let lines = bytes.reduce(0) { $0 + ($1 == 10 ? 1 : 0) }
  if let answer, answer.count > bytes.count + lines + 160 { return "an answer much longer than its request" }
  guard let message = try? Message.parse(bytes, .datagram) else { return nil }
  switch message {
  case .response: return glance?.kind == .response ? nil : "a response was taken for something else"
  case .request(let request):
    guard let glance else { return "a request was not recognised" }
    guard glance.kind != .response else { return "a request was taken for a response" }
    return request.method == .ack && answer != nil ? "an ACK was answered" : nil
  }
}
