import SIP
import Testing
import Wire

@Suite struct InviteServerTests {
  private var layer = TransactionTests.layer()
  private let invite = request(.invite, branch: "z9hG4bKa")

  private func ack(_ tag: String = "t") -> Request { request(.ack, branch: "z9hG4bKa", toTag: tag) }

  private mutating func respond(_ status: Int, _ came: (id: TransactionID, request: Request), now: Instant) {
    layer.respond(Response(to: came.request, status: status, toTag: "t"), to: came.id, now: now)
  }

  @Test mutating func tryingGoesOutAfter200MillisecondsUnlessTheUserSpokeFirst() throws {
    _ = layer.arrived(invite)
    #expect(layer.run(until: at(10_000)) == ["200 100"])
    layer.receive(.request(invite), from: udp, now: at(10_000))
    #expect(layer.did() == ["100"])

    var quick = TransactionTests.layer()
    let came = try quick.taken(invite)
    quick.respond(Response(to: came.request, status: 180, toTag: "t"), to: came.id, now: at(150))
    #expect(quick.did() == ["180"])
    #expect(quick.run(until: at(10_000)).isEmpty)
    quick.receive(.request(invite), from: udp, now: at(500))
    #expect(quick.did() == ["180"])
  }

  @Test mutating func timerGRepeatsAFailureUntilTimerHGivesUp() throws {
    let came = try layer.taken(invite)
    respond(486, came, now: at(0))
    #expect(layer.did() == ["486"])
    #expect(
      layer.run(until: at(60_000)) == [
        "500 486", "1500 486", "3500 486", "7500 486", "11500 486", "15500 486", "19500 486", "23500 486", "27500 486",
        "31500 486", "32000 failed unacknowledged",
      ])
    #expect(layer.count == 0)
  }

  @Test mutating func theAckStopsAFailureAndTimerIAbsorbsItsRepetitions() throws {
    let came = try layer.taken(invite)
    respond(486, came, now: at(0))
    layer.receive(.request(invite), from: udp, now: at(100))
    #expect(layer.did() == ["486", "486"])
    layer.receive(.request(ack()), from: udp, now: at(200))
    layer.receive(.request(ack()), from: udp, now: at(300))
    layer.receive(.request(invite), from: udp, now: at(400))
    #expect(layer.did().isEmpty)
    #expect(layer.run(until: at(5199)).isEmpty && layer.count == 1)
    #expect(layer.run(until: at(5200)).isEmpty && layer.count == 0)
  }

  @Test mutating func overTCPAFailureIsSentOnceAndTheAckEndsIt() throws {
    let came = try layer.taken(invite, by: tcp)
    respond(486, came, now: at(0))
    #expect(layer.did() == ["486"])
    #expect(layer.run(until: at(31_000)).isEmpty)
    layer.receive(.request(ack()), from: tcp, now: at(31_000))
    #expect(layer.did().isEmpty && layer.count == 0)
  }

  /// RFC 3261 §13.3.1.4 and RFC 6026 §7.1.
  @Test(arguments: [udp, tcp]) mutating func a2xxIsRepeatedUntilTimerLOrTheAck(flow: Flow) throws {
    let came = try layer.taken(invite, by: flow)
    respond(200, came, now: at(0))
    #expect(layer.did() == ["200"])
    #expect(layer.run(until: at(4000)) == ["500 200", "1500 200", "3500 200"])
    layer.receive(.request(invite), from: flow, now: at(4000))
    #expect(layer.did().isEmpty)
    var forgotten = layer
    #expect(forgotten.run(until: at(60_000)).last == "32000 failed unacknowledged")
    #expect(forgotten.count == 0)

    // The ACK of a 2xx has a branch of its own: it comes up, and the user says whose it is.
    layer.receive(.request(request(.ack, branch: "z9hG4bKother", toTag: "t")), from: flow, now: at(5000))
    #expect(layer.did() == ["up ACK"])
    layer.acknowledged(came.id, now: at(5000))
    #expect(layer.run(until: at(31_999)).isEmpty && layer.count == 1)
    #expect(layer.run(until: at(32_000)).isEmpty && layer.count == 0)
  }

  @Test mutating func aSecondFinalResponseIsNotSent() throws {
    let came = try layer.taken(invite)
    respond(200, came, now: at(0))
    respond(486, came, now: at(1))
    respond(180, came, now: at(2))
    #expect(layer.did() == ["200"])
  }

  @Test mutating func cancelIsAnsweredEachTimeAndToldOnce() throws {
    let came = try layer.taken(invite)
    respond(180, came, now: at(10))
    _ = layer.drain()
    let cancel = request(.cancel, branch: "z9hG4bKa")
    layer.receive(.request(cancel), from: udp, now: at(20))
    let outputs = layer.drain()
    #expect(outputs.map(text) == ["200", "cancelled"])
    guard case .send(.response(let response), _) = outputs[0] else { return }
    #expect(try response.headers.to.tag == "t" && response.headers.cSeq.method == .cancel)
    layer.receive(.request(cancel), from: udp, now: at(30))
    #expect(layer.did() == ["200"])
    respond(487, came, now: at(40))
    layer.receive(.request(cancel), from: udp, now: at(50))
    #expect(layer.did() == ["487", "200"])
  }

  @Test mutating func aCancelOfNothingOrFromElsewhereIs481() throws {
    layer.receive(.request(request(.cancel, branch: "z9hG4bKa")), from: udp, now: at(0))
    #expect(layer.did() == ["481"])
    _ = layer.arrived(invite)
    let elsewhere = Flow(transport: .udp, local: here, remote: SocketAddress(IPAddress(ipv4: 9), port: 5060))
    layer.receive(.request(request(.cancel, branch: "z9hG4bKa")), from: elsewhere, now: at(0))
    #expect(layer.did() == ["481"])
    layer.receive(.request(request(.cancel, branch: "z9hG4bKb")), from: udp, now: at(0))
    #expect(layer.did() == ["481"])
    #expect(layer.count == 1)
  }

  @Test mutating func aDeadConnectionEndsACallThatWaitsForItsAnswer() {
    _ = layer.arrived(invite, by: tcp)
    layer.transportFailed(tcp, now: at(1))
    #expect(layer.did() == ["failed transport"] && layer.count == 0)
  }
}

@Suite struct ServerTests {
  private var layer = TransactionTests.layer()
  private let options = request(.options, branch: "z9hG4bKa")

  @Test mutating func retransmissionsGetTheLastResponseUntilTimerJ() throws {
    let came = try layer.taken(options)
    layer.receive(.request(options), from: udp, now: at(100))
    #expect(layer.did().isEmpty)
    layer.respond(Response(to: came.request, status: 200, toTag: "t"), to: came.id, now: at(200))
    layer.receive(.request(options), from: udp, now: at(300))
    #expect(layer.did() == ["200", "200"])
    #expect(layer.run(until: at(32_199)).isEmpty && layer.count == 1)
    #expect(layer.run(until: at(32_200)).isEmpty && layer.count == 0)
    // From now on it is a new request.
    layer.receive(.request(options), from: udp, now: at(32_300))
    #expect(layer.did() == ["up OPTIONS"])
  }

  /// RFC 4320 §4.2: after the client's timer F nothing is said any more.
  @Test mutating func whatTheUserNeverAnswersIsForgotten() throws {
    let came = try layer.taken(options)
    layer.respond(Response(to: came.request, status: 100), to: came.id, now: at(100))
    #expect(layer.did() == ["100"])
    #expect(layer.run(until: at(40_000)).isEmpty && layer.count == 0)
    layer.respond(Response(to: came.request, status: 200, toTag: "t"), to: came.id, now: at(40_001))
    #expect(layer.did().isEmpty)
  }

  @Test mutating func overTCPNothingStaysAfterTheFinalResponse() throws {
    let came = try layer.taken(options, by: tcp)
    layer.respond(Response(to: came.request, status: 200, toTag: "t"), to: came.id, now: at(0))
    #expect(layer.did() == ["200"] && layer.count == 0)
  }

  @Test mutating func aStatelessAnswerKeepsNothing() throws {
    let came = try layer.taken(options)
    layer.respondStatelessly(Response(to: came.request, status: 401, toTag: "t"), to: came.id)
    #expect(layer.did() == ["401"] && layer.count == 0)
    layer.receive(.request(options), from: udp, now: at(500))
    #expect(layer.did() == ["up OPTIONS"])
  }

  @Test mutating func beyondTheLimitANewRequestIs503WithoutState() throws {
    layer = TransactionTests.layer(limit: 3)
    for i in 0..<3 { _ = layer.arrived(request(.options, branch: "z9hG4bK\(i)")) }
    for _ in 0..<2 {
      layer.receive(.request(request(.options, branch: "z9hG4bKx")), from: udp, now: at(0))
      guard case .send(.response(let response), _)? = layer.poll() else { return #expect(Bool(false)) }
      #expect(try response.status == 503 && response.headers.retryAfter == 10 && response.headers.to.tag != nil)
      #expect(layer.did().isEmpty)
    }
    #expect(layer.count == 3)
    layer.receive(.request(request(.options, branch: "z9hG4bK0")), from: udp, now: at(0))
    #expect(layer.did().isEmpty)
  }

  @Test mutating func aMalformedRequestIsRefusedAndAMalformedAckDropped() {
    var broken = options
    broken.headers[.cSeq] = "1 INVITE"
    layer.receive(.request(broken), from: udp, now: at(0))
    #expect(layer.did() == ["400"])
    var ack = request(.ack, branch: "z9hG4bKa")
    ack.headers.remove(.callID)
    layer.receive(.request(ack), from: udp, now: at(0))
    #expect(layer.did().isEmpty && layer.count == 0)
  }
}
