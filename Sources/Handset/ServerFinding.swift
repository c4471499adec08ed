import Crypto
import DNS
import Platform
import SIP
import Wire

/// The servers of an account (RFC 3263), looked up by whoever may wait for at most `patience`.
func findServers(
  _ target: ServerTarget, patience: Interval, random: inout RandomSource
) throws(HandsetError) -> [ServerHop] {
  var search = ServerSearch(target, transports: [.udp, .tcp, .tls], hasIPv6: Network.hasIPv6())
  let deadline = Clock.monotonic() + patience
  while true {
    switch search.step(&random) {
    case .found(let hops): return hops
    case .failed(let failure): throw .server(failure)
    case .ask(let questions):
      do throws(PlatformError) {
        for (question, answer) in try ask(questions, until: deadline) { search.answer(question, answer) }
      } catch {
        throw .file(error)
      }
    }
  }
}

private func ask(
  _ questions: [NameQuestion], until deadline: Instant
) throws(PlatformError) -> [(NameQuestion, NameAnswer)] {
  let poller = try Poller()
  defer { poller.close() }
  let resolver = try NameResolver(poller: poller) { UInt64(bitPattern: Int64($0)) }
  for question in questions { resolver.ask(question) }
  while resolver.waiting > 0 && Clock.monotonic() < deadline {
    var progressed = false
    poller.wait(until: min(deadline, resolver.nextDeadline ?? deadline)) { token, what in
      progressed = true
      resolver.ready(Int32(truncatingIfNeeded: Int64(bitPattern: token)), what)
    }
    if !progressed { resolver.wake() }
  }
  var answers: [(NameQuestion, NameAnswer)] = []
  while let next = resolver.next() { answers.append(next) }
  for question in questions where !answers.contains(where: { $0.0 == question }) {
    answers.append((question, .failed(.timeout)))
  }
  return answers
}
