import SNTP
import Testing
import Wire

@Suite struct SNTPTests {
  private let question = SNTPQuestion(cookie: 0x0123_4567_89ab_cdef, sent: Instant(microseconds: 1_000_000))
  private let received = Instant(microseconds: 1_050_000)

  /// A server's answer; times in NTP format.
  private func answer(
    first: UInt8 = 0b00_100_100, stratum: UInt8 = 2, cookie: UInt64 = 0x0123_4567_89ab_cdef,
    arrived: UInt64 = 0xed4e_5b98_0000_0000, left: UInt64 = 0xed4e_5b98_028f_5c29
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 48)
    bytes[0] = first
    bytes[1] = stratum
    for (place, value) in [(24, cookie), (32, arrived), (40, left)] {
      for i in 0..<8 { bytes[place + i] = UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * i)) }
    }
    return bytes
  }

  private func failure(_ bytes: [UInt8]) -> SNTPError? {
    do throws(SNTPError) {
      _ = try question.read(bytes, received: received)
      return nil
    } catch {
      return error
    }
  }

  @Test func theQuestionTellsNothingOfOurClock() {
    #expect(
      question.packet == [0x23] + [UInt8](repeating: 0, count: 39) + [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef])
  }

  @Test func theAnswerIsTheServersTimeAndHalfTheRoundTrip() throws {
    // The server held it for 10 ms of the 50, so it was on its way for 40.
    let read = try question.read(answer(), received: received)
    #expect(read.roundTrip.milliseconds == 40 && read.stratum == 2)
    let seconds: Int64 = 0xed4e_5b98 - 2_208_988_800
    #expect(abs(read.time - (seconds * 1_000_000 + 30_000)) <= 2)
  }

  @Test func timesAfter2036AreUnderstood() throws {
    let read = try question.read(
      answer(arrived: 0x0000_0001_0000_0000, left: 0x0000_0001_0000_0000), received: received)
    #expect(timestamp(microsecondsSince1970: read.time) == "2036-02-07T06:28:17.025Z")
  }

  @Test func whatIsNoGoodAnswerIsRefused() {
    #expect(failure(Array(answer().dropLast())) == .short(47))
    #expect(failure(answer(first: 0b00_100_011)) == .notAnAnswer(0x23))
    #expect(failure(answer(first: 0b00_001_100)) == .notAnAnswer(0x0c))
    #expect(failure(answer(cookie: 1)) == .notToThisQuestion)
    #expect(failure(answer(first: 0b11_100_100)) == .notSynchronised)
    #expect(failure(answer(stratum: 16)) == .notSynchronised)
    #expect(failure(answer(left: 0)) == .notSynchronised)
    // It says that it held the packet longer than we waited, or sent it before it came.
    #expect(failure(answer(left: 0xed4e_5b99_0000_0000)) == .notSynchronised)
    #expect(failure(answer(arrived: 0xed4e_5b99_0000_0000)) == .notSynchronised)
    #expect(failure(answer(arrived: 0xe000_0000_0000_0000, left: 0xe000_0000_0000_0000)) == .implausible)
  }

  @Test func aKissOfDeathIsToldApart() {
    var bytes = answer(stratum: 0)
    bytes.replaceSubrange(12..<16, with: Array("RATE".utf8))
    #expect(failure(bytes) == .kissOfDeath("RATE"))
    bytes[12] = 0x1b
    #expect(failure(bytes) == .kissOfDeath("?ATE"))
  }
}
