import SIP
import Testing
import Wire

@Suite struct InviteClientTests {
  private var layer = TransactionTests.layer()

  @Test mutating func timerADoublesUntilTimerBGivesUp() {
    _ = layer.started(request(.invite))
    #expect(
      layer.run(until: at(60_000)) == [
        "500 INVITE", "1500 INVITE", "3500 INVITE", "7500 INVITE", "15500 INVITE", "31500 INVITE",
        "32000 failed timeout",
      ])
    #expect(layer.count == 0)
  }

  @Test mutating func overTCPNothingIsSentTwice() {
    _ = layer.started(request(.invite), by: tcp)
    #expect(layer.run(until: at(60_000)) == ["32000 failed timeout"])
  }

  @Test mutating func aProvisionalResponseStopsRetransmissionAndTimerCLimitsRinging() {
    let (_, sent) = layer.started(request(.invite))
    layer.answer(sent, 180, now: at(400))
    #expect(layer.did() == ["up 180"])
    layer.answer(sent, 180, now: at(100_400))
    #expect(layer.did() == ["up 180"])
    // 185 s after the last one the call is cancelled, and 64·T1 later it is over although nothing answers.
    let story = layer.run(until: at(400_000))
    #expect(story.first == "285400 CANCEL" && story.contains("317400 failed timeout"))
    #expect(story.filter { $0.hasSuffix("CANCEL") }.count == 11)
    #expect(layer.count == 0)
  }

  @Test mutating func aFailureIsAcknowledgedEachTimeAndPassedOnce() throws {
    let (_, sent) = layer.started(request(.invite))
    layer.answer(sent, 486, tag: "busy", now: at(100))
    let outputs = layer.drain()
    #expect(outputs.map(text) == ["ACK", "up 486"])
    guard case .send(.request(let ack), let flow) = outputs[0] else { return }
    // RFC 3261 §17.1.1.3.
    #expect(flow == udp && ack.uri == sent.uri && ack.headers.values(.via) == sent.headers.values(.via))
    #expect(try ack.headers.to.tag == "busy" && ack.headers.cSeq == CSeq(1, .ack))
    layer.answer(sent, 486, tag: "busy", now: at(5000))
    #expect(layer.did() == ["ACK"])
    layer.answer(sent, 200, now: at(6000))
    #expect(layer.did().isEmpty)
    _ = layer.run(until: at(32_099))
    #expect(layer.count == 1)
    // Timer D.
    #expect(layer.run(until: at(32_100)).isEmpty && layer.count == 0)
  }

  @Test mutating func overTCPAFailureEndsAtOnce() {
    let (_, sent) = layer.started(request(.invite), by: tcp)
    layer.answer(sent, 404, now: at(10), by: tcp)
    #expect(layer.did() == ["ACK", "up 404"])
    #expect(layer.count == 0)
  }

  /// RFC 6026 §7.2, RFC 3261 §13.2.2.4.
  @Test mutating func each2xxOfAForkComesUpOnceAndARepeatedOneGetsItsAckAgain() throws {
    let (id, sent) = layer.started(request(.invite))
    layer.answer(sent, 200, tag: "one", now: at(100))
    layer.answer(sent, 200, tag: "two", now: at(110))
    layer.answer(sent, 200, tag: "one", now: at(120))
    #expect(layer.did() == ["up 200", "up 200"])
    layer.acknowledge(request(.ack, toTag: "one"), of: id, to: udp)
    layer.answer(sent, 200, tag: "one", now: at(600))
    layer.answer(sent, 200, tag: "two", now: at(610))
    let acks = layer.drain()
    #expect(acks.map(text) == ["ACK", "ACK"])
    guard case .send(.request(let first), _) = acks[0], case .send(.request(let again), _) = acks[1] else { return }
    #expect(first == again)
    #expect(try first.headers.via.branch != sent.headers.via.branch)
    // Timer M.
    _ = layer.run(until: at(32_099))
    #expect(layer.count == 1)
    _ = layer.run(until: at(32_100))
    #expect(layer.count == 0)
    layer.answer(sent, 200, tag: "one", now: at(33_000))
    #expect(layer.did().isEmpty && layer.strayResponses == 1)
  }

  @Test mutating func cancelWaitsForAProvisionalResponse() throws {
    let (id, sent) = layer.started(request(.invite))
    layer.cancel(id, now: at(100))
    #expect(layer.did().isEmpty)
    layer.answer(sent, 100, now: at(200))
    let outputs = layer.drain()
    #expect(outputs.map(text).sorted() == ["CANCEL", "up 100"])
    for case .send(.request(let cancel), _) in outputs {
      #expect(cancel.headers.values(.via) == sent.headers.values(.via) && cancel.uri == sent.uri)
      #expect(try cancel.headers.cSeq == CSeq(1, .cancel))
      layer.answer(cancel, 200, now: at(300))
    }
    layer.cancel(id, now: at(250))
    layer.answer(sent, 487, now: at(310))
    #expect(layer.did() == ["ACK", "up 487"])
    _ = layer.run(until: at(40_000))
    #expect(layer.count == 0)
  }

  @Test mutating func aCallAnsweredBeforeItsCancelIsStillReported() {
    let (id, sent) = layer.started(request(.invite))
    layer.cancel(id, now: at(100))
    layer.answer(sent, 200, now: at(150))
    #expect(layer.did() == ["up 200"])
    layer.cancel(id, now: at(160))
    #expect(layer.did().isEmpty)
  }
}

@Suite struct ClientTests {
  private var layer = TransactionTests.layer()

  @Test mutating func timerEDoublesUpToT2UntilTimerFGivesUp() {
    _ = layer.started(request(.register))
    #expect(
      layer.run(until: at(60_000)) == [
        "500 REGISTER", "1500 REGISTER", "3500 REGISTER", "7500 REGISTER", "11500 REGISTER", "15500 REGISTER",
        "19500 REGISTER", "23500 REGISTER", "27500 REGISTER", "31500 REGISTER", "32000 failed timeout",
      ])
  }

  @Test mutating func afterAProvisionalResponseTimerEIsT2AndTimerFGoesOn() {
    let (_, sent) = layer.started(request(.options))
    layer.answer(sent, 100, now: at(400))
    #expect(layer.did() == ["up 100"])
    #expect(
      layer.run(until: at(60_000)) == [
        "500 OPTIONS", "4500 OPTIONS", "8500 OPTIONS", "12500 OPTIONS", "16500 OPTIONS", "20500 OPTIONS",
        "24500 OPTIONS", "28500 OPTIONS", "32000 failed timeout",
      ])
  }

  @Test(arguments: [200, 302, 404, 503, 603]) mutating func oneFinalResponseComesUpAndTimerKAbsorbsTheRest(status: Int)
  {
    let (_, sent) = layer.started(request(.bye))
    layer.answer(sent, status, now: at(100))
    layer.answer(sent, status, now: at(200))
    #expect(layer.did() == ["up \(status)"])
    #expect(layer.run(until: at(5099)).isEmpty && layer.count == 1)
    #expect(layer.run(until: at(5100)).isEmpty && layer.count == 0)
  }

  @Test mutating func overTCPItIsOverWithTheFinalResponse() {
    let (_, sent) = layer.started(request(.bye), by: tcp)
    layer.answer(sent, 200, now: at(100), by: tcp)
    #expect(layer.did() == ["up 200"] && layer.count == 0)
  }

  @Test mutating func responsesThatAreNotOursAreDropped() {
    let (_, sent) = layer.started(request(.bye))
    var other = sent
    other.headers.replaceFirst(.via, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKguess")
    layer.answer(other, 200, now: at(10))
    var twoVias = sent
    twoVias.headers.append(.via, "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx")
    layer.answer(twoVias, 200, now: at(10))
    var method = sent
    method.headers[.cSeq] = "1 OPTIONS"
    layer.answer(method, 200, now: at(10))
    #expect(layer.did().isEmpty && layer.strayResponses == 3 && layer.count == 1)
  }

  @Test mutating func aDeadConnectionFailsWhatWaitsOnItAndNothingElse() {
    let (id, _) = layer.started(request(.bye), by: tcp)
    _ = layer.started(request(.invite, callID: "b"), by: tcp)
    _ = layer.started(request(.bye, callID: "c"))
    layer.transportFailed(tcp, now: at(10))
    #expect(layer.did() == ["failed transport", "failed transport"])
    #expect(layer.count == 1 && layer.flow(of: id) == nil)
  }

  @Test mutating func aRequestOfAnySizeGoesByTheFlowItWasGiven() {
    var long = request(.invite)
    long.body = [UInt8](repeating: 65, count: 4000)
    _ = layer.send(long, to: udp, now: at(0))
    guard case .send(.request(let sent), let flow)? = layer.poll() else { return #expect(Bool(false)) }
    #expect(flow == udp && sent.body.count == 4000)
  }
}
