import CallDoctor
import Testing
import Wire

private let path = LadderPath(
  "udp", local: SocketAddress(IPAddress("10.0.0.1")!, port: 5060),
  remote: SocketAddress(IPAddress("10.0.0.2")!, port: 5060))

private func message(_ text: String, _ number: UInt32 = 1) -> LadderMessage {
  LadderMessage(text, number: number, isIncoming: true, path: path)
}

private func someFacts(_ number: UInt32, _ end: CallEnd? = nil) -> CallFacts {
  var facts = CallFacts(number, caller: "1001", callee: "1002", at: .zero)
  facts.end = end
  facts.endedAt = end == nil ? nil : .zero + .seconds(3)
  return facts
}

extension CallRecords {
  fileprivate mutating func end(_ number: UInt32, _ end: CallEnd) {
    begin(someFacts(number), name: "id\(number)")
    note("id\(number)", at: .zero, mayBegin: true) { message("INVITE sip:1002@office.lan") }
    conclude(someFacts(number, end))
  }
}

@Suite struct CallRecordTests {
  @Test func asManyRecordsAreKeptAsMayBe() {
    var records = CallRecords(records: 100)
    for number in 1...250 as ClosedRange<UInt32> { records.end(number, .noSuchNumber) }
    #expect(records.lastEnded.count == 100 && records.size.records == 100)
    #expect(records.lastEnded.first?.facts.number == 250 && records[150] == nil && records[151] != nil)
    #expect(records.call(named: "id150") == nil && records.call(named: "id151") == 151)
  }

  @Test func theyTakeNoMoreThanTheirOctets() {
    var records = CallRecords(records: 1000, octets: 100_000)
    for number in 1...200 as ClosedRange<UInt32> {
      records.begin(someFacts(number), name: "id\(number)")
      for i in 0..<60 as Range<UInt32> {
        records.note("id\(number)", at: .zero, mayBegin: true) { message("INFO sip:1002@office.lan \(i)", i) }
      }
      records.conclude(someFacts(number, .noAnswer))
      #expect(records.size.octets <= 100_000)
    }
    #expect(records.size.records > 10)
    // What comes after the end counts as well.
    records.end(201, .noAnswer)
    let before = records.size.octets
    records.note("id201", at: .zero, mayBegin: false) { message("ACK sip:1002@office.lan") }
    #expect(records.size.octets > before)
  }

  @Test func callsThatEndedWellLeaveFirst() {
    var records = CallRecords(records: 100)
    for number in 1...20 as ClosedRange<UInt32> { records.end(number, .noSuchNumber) }
    for number in 21...300 as ClosedRange<UInt32> { records.end(number, .gaveUp) }
    #expect((1...20 as ClosedRange<UInt32>).allSatisfy { records[$0] != nil })
    #expect(records.lastEnded.count == 100)
  }

  @Test func aLongLadderKeepsItsBeginningAndItsEnd() {
    var ladder = Ladder()
    for i in 0..<500 as Range<UInt32> { ladder.add(message("INFO \(i)", i), at: .zero) }
    #expect(ladder.steps.count == 56 && ladder.omitted == 444)
    #expect(ladder.steps.first?.text == "INFO 0" && ladder.steps.last?.text == "INFO 499")
  }

  @Test func whatPeersSendIsCutAndCannotMoveACursor() {
    var ladder = Ladder()
    ladder.add(message("INVITE sip:" + String(repeating: "é", count: 500)), at: .zero)
    ladder.add(message("200 \u{1b}[2J\u{9b}OK"), at: .zero)
    #expect(ladder.steps[0].text.utf8.count <= 120 && ladder.steps[0].text.hasSuffix("é"))
    #expect(ladder.steps[1].text == "200 ?[2J?OK")
  }

  @Test func theFirstMessagesOfACallAreFoundAgain() {
    var records = CallRecords()
    for i in 0..<100 { records.note("id\(i)", at: .zero, mayBegin: true) { message("INVITE \(i)") } }
    records.begin(someFacts(1), name: "id99")
    records.begin(someFacts(2), name: "id3")
    #expect(records[1]?.ladder.steps.map { $0.text } == ["INVITE 99"])
    #expect(records[2]?.ladder.steps.isEmpty == true)
  }

  @Test func onlyTheFirstEndCounts() {
    var records = CallRecords()
    records.end(1, .gaveUp)
    records.conclude(someFacts(1, .joined))
    #expect(records[1]?.diagnosis?.cause == .gaveUp && records.lastEnded.count == 1)
  }

  @Test func oneWhoFailsToLogInTakesOneRow() {
    var logins = RefusedLogins()
    for i in 0..<10 {
      logins.note("1001", from: path.remote, .wrongPassword, via: nil, at: .zero + .seconds(Int64(i)))
    }
    #expect(logins.logins.count == 1 && logins.logins.first?.times == 10)
    for i in 0..<1000 {
      logins.note("\(i)", from: path.remote, .unknownUser, via: nil, at: .zero + .seconds(Int64(20 + i)))
    }
    #expect(logins.logins.count == 64 && !logins.logins.contains { $0.user == "1001" })
  }

  static let ends: [CallEnd] = [
    .hungUp(.callee), .gaveUp, .noAnswer, .refused(486, warning: "399 x"), .refused(500, warning: nil), .unreachable,
    .trunk("line", 403, "no"), .noSuchNumber, .notRegistered, .closed("rule"), .noPorts, .noCommonCodec,
    .onlyEncrypted, .notEncrypted, .noUsableKeys, .keysInTheOpen,
    .handshakeFailed(.callee, why: "no answer"), .unusable("x"),
    .loop,
    .unacknowledged(.caller), .noPRACK, .silent, .mediaFailed, .expired, .lost,
    .badAnswer, .minutesUsedUp("x"), .transferred, .transferFailed, .joined, .overload, .shutdown,
  ]

  @Test(arguments: ends)
  func recordsAreReadBackAsTheyWereWritten(end: CallEnd) throws {
    var records = CallRecords()
    records.begin(someFacts(7), name: "id")
    records.note("id", at: .zero + .seconds(1), mayBegin: true) { message("INVITE sip:1002@office.lan") }
    var ended = someFacts(7, end)
    ended.answeredAt = .zero + .seconds(1)
    ended.refusedLogin = path.remote
    ended.caller.codecs = ["PCMU", "opus"]
    ended.caller.media = MediaFacts()
    ended.caller.media?.incoming = Quality(loss: 1, jitter: .milliseconds(3), score: 420)
    ended.callee.named = path.local
    records.conclude(ended)
    let record = try #require(records[7])
    var writer = StorageWriter()
    writer.put(record)
    var reader = StorageReader(writer.bytes)
    #expect(try CallRecord(from: &reader) == record && reader.left == 0)
    for count in 0..<writer.bytes.count {
      var torn = StorageReader(Array(writer.bytes[..<count]))
      #expect(throws: StorageError.self) { try CallRecord(from: &torn) }
    }
  }

  /// Each sentence is whole, and no two ends share one by mistake.
  @Test func everyEndHasASentence() throws {
    for end in Self.ends {
      let diagnosis = try #require(Diagnosis(someFacts(1, end)))
      #expect(diagnosis.sentence.hasSuffix(".") && diagnosis.sentence.count > 10, "\(end)")
    }
    #expect(Diagnosis(someFacts(1)) == nil)
  }

  @Test func aCertificateThatIsNotYetValidPointsAtTheClock() throws {
    let words = "no connection to tls 198.51.100.1:5061: certificate is not yet valid"
    #expect(Diagnosis(someFacts(1, .trunk("line", 503, words)))?.cause == .clock)
    #expect(Diagnosis(someFacts(1, .trunk("line", 503, "no connection")))?.cause == .trunkUnreachable)
  }
}
