import DNS
import Foundation
import Testing
import Wire

/// Responses as name servers send them: the fuzzer's seeds.
struct ResponseTests {
  private func seed(_ name: String) throws -> [UInt8] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return [UInt8](try Data(contentsOf: root.appendingPathComponent("Fuzz/seeds/dns/\(name)")))
  }

  @Test func servicesHaveTheLeastTimeToLiveOfAll() throws {
    let expected = [
      ServiceRecord(priority: 10, weight: 60, port: 5060, target: "a.example.com"),
      ServiceRecord(priority: 20, weight: 0, port: 5062, target: "b.example.com"),
    ]
    #expect(ResponseReader.read(try seed("srv"), .service) == .found(.services(expected), seconds: 60))
  }

  @Test func pointersAreReadInAnyCase() throws {
    let expected = [
      PointerRecord(
        order: 50, preference: 50, flags: "s", service: "SIPS+D2T", replacement: "_sips._tcp.example.com"),
      PointerRecord(order: 90, preference: 50, flags: "s", service: "SIP+D2U", replacement: "_sip._udp.example.com"),
    ]
    #expect(ResponseReader.read(try seed("naptr"), .pointer) == .found(.pointers(expected), seconds: 3600))
  }

  @Test func anAbsenceCountsAsLongAsItsZoneSays() throws {
    #expect(ResponseReader.read(try seed("absent"), .service) == .absent(seconds: 30))
    #expect(ResponseReader.read(try seed("srv"), .pointer) == .absent(seconds: 60))
  }

  @Test func anAliasIsFollowedAndTheRootIsAnEmptyName() throws {
    let expected = [ServiceRecord(priority: 1, weight: 0, port: 5060, target: "")]
    #expect(ResponseReader.read(try seed("cname"), .service) == .found(.services(expected), seconds: 60))
  }

  @Test func aTruncatedResponseIsNeverTakenForAnother() throws {
    let whole = try seed("srv")
    for count in whole.indices {
      #expect(ResponseReader.read(Array(whole[..<count]), .service) == .failed(.malformed))
    }
  }

  @Test func aPointerThatLeadsInACircleIsRefused() throws {
    var bytes = try seed("srv")
    bytes[12] = 0xc0
    bytes[13] = 12
    #expect(ResponseReader.read(bytes, .service) == .failed(.malformed))
  }

  @Test(arguments: [(UInt8(2), NameAnswer.failed(.refused)), (5, .failed(.refused))])
  func aServersRefusalIsNoAbsence(code: UInt8, answer: NameAnswer) throws {
    var bytes = try seed("absent")
    bytes[3] = 0x80 | code
    #expect(ResponseReader.read(bytes, .service) == answer)
  }
}
