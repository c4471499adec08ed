import CallDoctor
import Configuration
import SIP
import Testing
import Wire

@testable import PBX

/// What is said of calls to the outside that went wrong.
struct CallDoctorTrunkTests {
  private func failure(
    _ number: String, _ change: (inout Configuration) -> Void = { _ in }, prepare: (TrunkScene) -> Void = { _ in }
  ) throws -> Diagnosis {
    let scene = TrunkScene(change)
    scene.comesUp()
    let phone = scene.office.phone("1001", "10.0.0.11")
    prepare(scene)
    phone.call(number, now: scene.office.now)
    #expect(scene.office.run(90, until: { !scene.office.exchange.records.lastEnded.isEmpty }))
    return try #require(scene.office.exchange.records.lastEnded.first?.diagnosis)
  }

  @Test func aNumberThatIsClosed() throws {
    let diagnosis = try failure("0015551234567")
    #expect(diagnosis.cause == .tollClosed && diagnosis.sentence.contains("toll.open"))
  }

  @Test func aDayThatIsUsedUp() throws {
    let diagnosis = try failure("0891234", { $0.toll.extensionCap.calls = 0 })
    #expect(diagnosis.cause == .tollClosed && diagnosis.sentence.contains("the day's calls"))
  }

  @Test func aProviderThatRefuses() throws {
    let diagnosis = try failure("0891234", prepare: { $0.provider.manner = .refuses(403) })
    #expect(diagnosis.cause == .trunkRefused)
    #expect(diagnosis.sentence.contains("Trunk line refused the call: 403 from line"))
  }

  @Test func aProviderThatChangedThePassword() throws {
    let diagnosis = try failure("0891234", prepare: { $0.provider.password = "another" })
    #expect(diagnosis.cause == .trunkRefused && diagnosis.sentence.contains("password refused"))
  }

  @Test func aNumberOutsideThatDoesNotExist() throws {
    let diagnosis = try failure("0891234", prepare: { $0.provider.manner = .refuses(404) })
    #expect(diagnosis.cause == .noSuchNumber && diagnosis.sentence.contains("0891234 does not exist"))
  }

  @Test func aCalleeOutsideWhoIsBusy() throws {
    let diagnosis = try failure("0891234", prepare: { $0.provider.manner = .refuses(486) })
    #expect(diagnosis.cause == .busy && diagnosis.sentence.contains("(trunk line)"))
  }

  @Test func aProviderThatIsSilent() throws {
    let diagnosis = try failure("0891234", prepare: { $0.provider.manner = .dead })
    #expect(diagnosis.cause == .trunkUnreachable)
    #expect(diagnosis.sentence.contains("no answer from udp 198.51.100.1:5060"))
  }

  @Test func aCallFromOutsideToANumberThatLeadsNowhere() throws {
    let scene = TrunkScene()
    scene.comesUp()
    scene.provider.call("+4930999", to: "+4930999", now: scene.office.now)
    scene.office.run(3)
    let record = try #require(scene.office.exchange.records.lastEnded.first)
    #expect(record.facts.caller.trunk == "line" && record.diagnosis?.cause == .noSuchNumber)
    #expect(record.ladder.steps.contains { $0.text == "404 Not Found (INVITE)" })
  }
}
