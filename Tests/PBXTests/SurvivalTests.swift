import CallDoctor
import Configuration
import Crypto
import Media
import SDP
import SIP
import SimNet
import Testing
import Wire

@testable import PBX

/// The exchange is killed before every event of a story, and another process goes on with what it kept.
struct SurvivalTests {
  /// Stories that other tests tell of a process that lives on; SOTTO_TEST_LIVES=short tells all of them so.
  enum Story: CaseIterable {
    case call, calleeHangsUp, echo, cancel, early, hold, delayedOffer, fork, losses, lateAcknowledgement, reliable
    case refreshes, blindTransfer, attendedTransfer, secondLine, lamps, messages, trunk, servers, minutes, checks

    func tell() throws {
      switch self {
      case .call: try CallTests().aCallRingsIsAnsweredJoinedAndEnded()
      case .calleeHangsUp: CallTests().theCalleeMayHangUp()
      case .echo: try CallTests().theEchoAnswersByItself()
      case .cancel: try CallTests().theCallerCancelsWhileItRings()
      case .early: try CallTests().earlyMediaIsHeardBeforeTheAnswer()
      case .hold: try ChangeTests().holdAndResumeReachTheOtherPhoneAndItsWordComesBack()
      case .delayedOffer: try ChangeTests().aCallWithoutAnOfferIsOfferedAndAnsweredInTheACK()
      case .fork: try RaceTests().appendixETheSecondAnswerOfAForkIsAcknowledgedAndEnded()
      case .losses: TroubleTests().callsSurviveABadNetwork(seed: 3)
      case .lateAcknowledgement: TroubleTests().aByeWaitsForTheACKOfTheAnswer()
      case .reliable: try ReliableTests().aPhonesReliableResponseGetsItsPrack()
      case .refreshes: try SessionTimerTests().phonesThatKnowUpdateAreRefreshedByIt()
      case .blindTransfer:
        try TransferTests().aBlindTransferJoinsTheOthersWithTheirDialogsAndPorts(calledByTransferor: true)
      case .attendedTransfer: try TransferTests().aTransferToAPhoneThatStillRingsWaitsForIt()
      case .secondLine:
        // It calls without being registered, so nothing but its call tells who it is.
        try TransferTests().anAttendedTransferJoinsThePartnersOfTwoCalls(ofSecond: true)
      case .lamps: try SubscriptionTests().aLampShowsRingingTalkingAndSilence()
      case .messages: SubscriptionTests().aPhonesAnswerToAMessageReachesItsSender(said: 202, heard: "202")
      case .trunk: try TrunkCallTests().aNumberOutsideIsCalledWithThePasswordThatIsAskedFor()
      case .servers: TrunkCallTests().serversOfOneTrunkAreTriedInTurn()
      case .checks: try IceTests().rfc8839_4_4_credentialsStayUntilThePhoneChangesItsOwn()
      case .minutes: TollTests().callsAtTheSameTimeUseATrunksMinutesTogether()
      }
    }
  }

  @Test(arguments: Story.allCases) func aStoryGoesOnThoughEveryProcessIsKilled(story: Story) throws {
    try Life.$isShort.withValue(true) { try story.tell() }
  }

  @Test func whatIsTornIsRefusedAndNeverTrapped() throws {
    let office = Office()
    let life = Life()
    office.exchange.keepChanges()
    let (a, b) = office.pair()
    office.connect(a, b)
    b.reinvite(.sendonly, now: office.now)
    try life.keep(office.exchange)
    #expect(life.values.count > 4)
    // The uses of nonces are read with the secret alone.
    for (key, value) in life.values where key.kind != Exchange.Kind.nonce {
      for length in stride(from: 0, to: value.count, by: 1 + value.count / 40) {
        let heir = Exchange(Office.configuration(), random: RandomSource(seed: [1]), now: office.now)
        #expect(throws: StorageError.self) {
          try heir.restore([key: Array(value[..<length])], ports: [], now: office.now)
        }
      }
      for place in stride(from: 0, to: value.count, by: 1 + value.count / 60) {
        var damaged = value
        damaged[place] ^= 0xff
        let heir = Exchange(Office.configuration(), random: RandomSource(seed: [1]), now: office.now)
        try? heir.restore([key: damaged], ports: [], now: office.now)
      }
    }
  }

  @Test func refusedLoginsAreKnownAndCountedOn() throws {
    let source = SocketAddress(IPAddress(ipv4: 0x0a00_0063), port: 5060)
    let office = Office()
    let life = Life()
    office.exchange.keepChanges()
    for _ in 0..<3 {
      office.exchange.refusedLogins.note("1001", from: source, .wrongPassword, via: nil, at: office.now)
    }
    try life.keep(office.exchange)
    let heir = Exchange(Office.configuration(), random: RandomSource(seed: [1]), now: office.now)
    try heir.restore(life.values, ports: [], now: office.now)
    #expect(heir.refusedLogins.logins == office.exchange.refusedLogins.logins)
    heir.refusedLogins.note("1001", from: source, .wrongPassword, via: nil, at: office.now + .seconds(5))
    #expect(heir.refusedLogins.logins.map { $0.times } == [4])
    heir.refusedLogins.succeeded("1001", from: source)
    try life.keep(heir)
    let last = Exchange(Office.configuration(), random: RandomSource(seed: [2]), now: office.now)
    try last.restore(life.values, ports: [], now: office.now)
    #expect(last.refusedLogins.logins.isEmpty)
  }

  @Test func contactsOutliveAPowerCutForAsLongAsTheyHoldAndByUDPAlone() throws {
    let office = Office()
    _ = office.phone("1001", "10.0.0.11")
    _ = office.phone("1002", "10.0.0.12", port: 40000)
    let before = try #require(office.exchange.status(now: office.now).registrations.first).expiresIn
    var batch = Journal.Batch()
    office.exchange.putRegistrations(&batch)
    let values = try Journal.read(Journal.beginning(version: "test") + batch.sealed(), version: "test").values
    let home = SocketAddress(IPAddress("10.0.0.9")!, port: 5060)
    func left(after seconds: Int64, _ local: SocketAddress? = home) throws -> [RegistrationStatus] {
      let heir = Exchange(Office.configuration(), random: RandomSource(seed: [1]), now: .zero)
      try heir.restoreRegistrations(values, writtenAt: office.now, seconds: seconds, now: .zero) { _ in local }
      return heir.status(now: .zero).registrations
    }
    let kept = try left(after: 100)
    #expect(kept.map { $0.number } == ["1001"])
    #expect((before - 101...before - 99).contains(kept[0].expiresIn))
    #expect(try left(after: before + 1).isEmpty)
    #expect(try left(after: 0, nil).isEmpty)
  }
}
