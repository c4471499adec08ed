import Crypto
import SRTP
import Testing

@Suite struct ReceiverTests {
  static func key(_ seed: UInt8, _ suite: SRTPSuite = .aesCM128Tag80, identifier: [UInt8] = []) -> SRTPKey {
    SRTPKey(suite, (0..<suite.length).map { UInt8(truncatingIfNeeded: $0) &+ seed }, identifier: identifier)!
  }

  static func packet(_ sequence: UInt16, ssrc: UInt32 = 0x0102_0304) -> [UInt8] {
    [0x80, 0] + Reference.octets(UInt64(sequence), 2) + [0, 0, 0, 160] + Reference.octets(UInt64(ssrc), 4)
      + [UInt8](repeating: 0x55, count: 20)
  }

  /// What a phone sends; sequence numbers that the sender would refuse are for the reference.
  static func sealed(_ sequence: UInt16, _ key: SRTPKey, rollover: UInt32 = 0, ssrc: UInt32 = 0x0102_0304) -> [UInt8] {
    Reference.rtp(packet(sequence, ssrc: ssrc), Reference.sessionKeys(key), key.suite, rollover: rollover)
  }

  static func open(_ packet: [UInt8], _ receiver: SecureReceiver, isControl: Bool = false) -> SecureReceiver.Verdict {
    var packet = packet
    return packet.withUnsafeMutableBytes { receiver.unprotect($0, isControl: isControl) }
  }

  private let good = SecureReceiver.Verdict.opened(32)

  @Test(arguments: SRTPSuite.allCases)
  func whatWasSentIsOpened(suite: SRTPSuite) throws {
    let receiver = try SecureReceiver([Self.key(1, suite)])
    let sender = try SecureSender(Self.key(1, suite), ssrc: 0x0102_0304)
    for sequence in UInt16(100)..<110 {
      var sent = seal(Self.packet(sequence), with: sender)
      let outcome = sent.withUnsafeMutableBytes { receiver.unprotect($0) }
      #expect(outcome == good)
      #expect(Array(sent[..<32]) == Self.packet(sequence))
    }
    let report = [0x80, 201, 0, 1, 1, 2, 3, 4] as [UInt8]
    #expect(Self.open(seal(report, with: sender, isControl: true), receiver, isControl: true) == .opened(8))
  }

  @Test(arguments: SRTPSuite.allCases)
  func whatWasTamperedWithIsRefused(suite: SRTPSuite) throws {
    let receiver = try SecureReceiver([Self.key(1, suite)])
    let genuine = Self.sealed(7, Self.key(1, suite))
    for i in genuine.indices where i != 0 {
      var forged = genuine
      forged[i] ^= 1
      #expect(Self.open(forged, receiver) == .refused, "octet \(i)")
    }
    #expect(Self.open(Self.sealed(7, Self.key(2, suite)), receiver) == .refused)
    for count in 0..<genuine.count { #expect(Self.open(Array(genuine[..<count]), receiver) == .refused) }
    #expect(Self.open(genuine, receiver) == good)
  }

  @Test func aPacketIsOpenedOnce() throws {
    let receiver = try SecureReceiver([Self.key(1)])
    #expect(Self.open(Self.sealed(10, Self.key(1)), receiver) == good)
    #expect(Self.open(Self.sealed(10, Self.key(1)), receiver) == .replayed)
    #expect(Self.open(Self.sealed(300, Self.key(1)), receiver) == good)
    // Within the window and not heard; beyond the window.
    #expect(Self.open(Self.sealed(200, Self.key(1)), receiver) == good)
    #expect(Self.open(Self.sealed(20, Self.key(1)), receiver) == .replayed)
  }

  @Test func theSenderUsesNoIndexTwice() throws {
    let sender = try SecureSender(Self.key(1), ssrc: 0x0102_0304)
    #expect(!seal(Self.packet(10), with: sender).isEmpty)
    #expect(seal(Self.packet(10), with: sender).isEmpty)
    #expect(!seal(Self.packet(4000), with: sender).isEmpty)
    #expect(seal(Self.packet(3000), with: sender).isEmpty)
  }

  @Test func reportsGoOnWhereAnotherProcessCanNotHaveBeen() throws {
    let keys = Reference.sessionKeys(Self.key(1), isControl: true)
    let sender = try SecureSender(Self.key(1), ssrc: 0x0102_0304, controlSent: 64)
    let report = [0x80, 201, 0, 1, 1, 2, 3, 4] as [UInt8]
    #expect(
      seal(report, with: sender, isControl: true) == Reference.rtcp(report, keys, .aesCM128Tag80, index: 65))
    #expect(sender.controlSent == 65)
  }

  @Test func theCounterIsKeptWhenTheKeyChanges() throws {
    let receiver = try SecureReceiver([Self.key(1)])
    for (sequence, rollover) in [(UInt16(65000), UInt32(0)), (10, 1)] {
      #expect(Self.open(Self.sealed(sequence, Self.key(1), rollover: rollover), receiver) == good)
    }
    #expect(receiver.source == SecureReceiver.Source(ssrc: 0x0102_0304, rollover: 1))
    try receiver.rekey([Self.key(2)])
    #expect(receiver.source?.rollover == 1)
    #expect(Self.open(Self.sealed(11, Self.key(2), rollover: 1), receiver) == good)
    // What was on its way still counts, but a new source begins at 0.
    #expect(Self.open(Self.sealed(12, Self.key(1), rollover: 1), receiver) == good)
    #expect(Self.open(Self.sealed(9, Self.key(2), ssrc: 77), receiver) == good)
    #expect(receiver.source == SecureReceiver.Source(ssrc: 77, rollover: 0))
  }

  @Test func theKeyBeforeIsForgottenAfterAWhile() throws {
    let receiver = try SecureReceiver([Self.key(1)])
    #expect(Self.open(Self.sealed(1, Self.key(1)), receiver) == good)
    try receiver.rekey([Self.key(2)])
    for sequence in UInt16(2)..<300 { #expect(Self.open(Self.sealed(sequence, Self.key(2)), receiver) == good) }
    #expect(Self.open(Self.sealed(300, Self.key(1)), receiver) == .refused)
  }

  @Test(arguments: [SRTPSuite.aesCM128Tag80, .aeadAES256GCM])
  func aPhoneThatBeginsAnewAfterAReinviteIsHeard(suite: SRTPSuite) throws {
    let key = Self.key(1, suite)
    let receiver = try SecureReceiver([key])
    try receiver.resume(SecureReceiver.Source(ssrc: 0x0102_0304, rollover: 3))
    #expect(Self.open(Self.sealed(40000, key, rollover: 3), receiver) == good)
    receiver.expectRestart()
    // It restarts its numbers: the counter may be the one that it had, or 0 again.
    for sequence in UInt16(100)..<104 {
      #expect(Self.open(Self.sealed(sequence, key, rollover: 3), receiver) != good)
    }
    #expect(Self.open(Self.sealed(104, key, rollover: 3), receiver) == good)
    #expect(Self.open(Self.sealed(105, key, rollover: 3), receiver) == good)
    receiver.expectRestart()
    for sequence in UInt16(50)..<54 { #expect(Self.open(Self.sealed(sequence, key), receiver) != good) }
    #expect(Self.open(Self.sealed(54, key), receiver) == good)
    #expect(receiver.source?.rollover == 0)
  }

  @Test func aPhoneThatZeroesItsCounterWithANewKeyIsHeard() throws {
    let receiver = try SecureReceiver([Self.key(1)])
    try receiver.resume(SecureReceiver.Source(ssrc: 0x0102_0304, rollover: 3))
    #expect(Self.open(Self.sealed(7, Self.key(1), rollover: 3), receiver) == good)
    try receiver.rekey([Self.key(2)])
    for sequence in UInt16(8)..<12 { #expect(Self.open(Self.sealed(sequence, Self.key(2)), receiver) == .refused) }
    #expect(Self.open(Self.sealed(12, Self.key(2)), receiver) == good)
    #expect(Self.open(Self.sealed(13, Self.key(2)), receiver) == good)
  }

  @Test func withoutAReinviteNobodyBeginsAnew() throws {
    let receiver = try SecureReceiver([Self.key(1)])
    #expect(Self.open(Self.sealed(1, Self.key(1)), receiver) == good)
    #expect(Self.open(Self.sealed(30000, Self.key(1)), receiver) == good)
    for sequence in UInt16(2)..<30 { #expect(Self.open(Self.sealed(sequence, Self.key(1)), receiver) == .replayed) }
  }

  @Test func aReplayBesideTheGenuineStreamIsNoRestart() throws {
    let key = Self.key(1)
    let receiver = try SecureReceiver([key])
    try receiver.resume(SecureReceiver.Source(ssrc: 0x0102_0304, rollover: 2))
    receiver.expectRestart()
    for i in UInt16(0)..<100 {
      #expect(Self.open(Self.sealed(50000 + i, key, rollover: 2), receiver) == good)
      // Recorded an hour ago.
      #expect(Self.open(Self.sealed(1000 + i, key, rollover: 0), receiver) != good)
    }
  }

  @Test func whoeverGoesOnAcrossTheEndOfTheNumbersIsHeard() throws {
    let key = Self.key(1)
    let receiver = try SecureReceiver([key])
    // The other process was told of 3; meanwhile the numbers went round.
    try receiver.resume(SecureReceiver.Source(ssrc: 0x0102_0304, rollover: 3))
    for sequence in UInt16(5)..<9 { #expect(Self.open(Self.sealed(sequence, key, rollover: 4), receiver) == .refused) }
    #expect(Self.open(Self.sealed(9, key, rollover: 4), receiver) == good)
    #expect(receiver.source?.rollover == 4)
  }

  @Test func keysAreToldApartByTheirIdentifier() throws {
    let keys = [Self.key(1, identifier: [1, 0]), Self.key(2, identifier: [1, 1])]
    let receiver = try SecureReceiver(keys)
    for (i, key) in keys.enumerated() {
      let sender = try SecureSender(key, ssrc: 0x0102_0304)
      #expect(sender.growth() == 12)
      #expect(Self.open(seal(Self.packet(UInt16(10 + i)), with: sender), receiver) == good)
    }
    #expect(Self.open(Self.sealed(20, Self.key(1)), receiver) == .refused)
    #expect(throws: SRTPError.keysDiffer) { try SecureReceiver([Self.key(1), Self.key(2)]) }
  }

  @Test func aPhoneOfManySourcesCostsNoMemory() throws {
    let receiver = try SecureReceiver([Self.key(1)])
    for ssrc in UInt32(1)...100 { #expect(Self.open(Self.sealed(5, Self.key(1), ssrc: ssrc), receiver) == good) }
    // Those of late are remembered.
    #expect(Self.open(Self.sealed(5, Self.key(1), ssrc: 99), receiver) == .replayed)
  }

  @Test func keysOfTheWrongLengthAreNone() {
    #expect(SRTPKey(.aesCM128Tag80, [UInt8](repeating: 0, count: 29)) == nil)
    #expect(SRTPSuite.allCases.map { $0.length } == [30, 30, 46, 46, 28, 44])
  }
}
