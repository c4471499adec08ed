import SIP
import TestSupport
import Testing
import Wire

/// The responses of RFC 4475 where they answer a request of ours, and its branch that names no transaction.
@Suite(
  "The torture messages of RFC 4475 that concern transactions",
  .enabled(if: vectorsFolder != nil, "the folder of test vectors is not there: RFC 4475 goes unchecked"))
struct TortureTransactionTests {
  private var layer = TransactionTests.layer()

  /// The message with the branch of a request that was just sent in its topmost Via.
  private mutating func answering(_ name: String, _ method: Method) throws -> [UInt8] {
    _ = layer.send(request(method), to: udp, now: at(0))
    guard case .send(let sent, _)? = layer.drain().first else { throw Nothing() }
    let bytes = try vector("rfc4475/\(name).dat")
    let mark = Array("branch=".utf8)
    let place = try #require(bytes.firstRange(of: mark)).upperBound
    let end = try #require(bytes[place...].firstIndex { $0 == 13 || $0 == UInt8(ascii: ";") })
    return bytes[..<place] + Array(try #require(try sent.headers.via.branch).utf8) + bytes[end...]
  }

  private mutating func heard(_ bytes: [UInt8]) -> [String] {
    guard let message = try? Message.parse(bytes) else { return [] }
    layer.receive(message, from: udp, now: at(1))
    return layer.did()
  }

  @Test mutating func unusualAndEmptyReasonsAreTaken() throws {
    #expect(heard(try answering("unreason", .invite)) == ["up 200"])
    #expect(heard(try answering("noreason", .invite)) == ["up 100"])
    // §3.1.1.13: "a liberal receiver would accept it anyway" without the space.
    let bytes = try answering("noreason", .invite)
    let place = try #require(bytes.firstRange(of: Array("100 ".utf8)))
    #expect(heard(bytes[..<place.lowerBound] + Array("100".utf8) + bytes[place.upperBound...]) == ["up 100"])
  }

  /// Each is dropped although it fits the request, and taken once its fault is mended.
  @Test(
    arguments: [
      ("scalarlg", .options, "9292394834772304023312", "1", "up 503"),
      ("bigcode", .invite, "4294967301", "486", "ACK, up 486"),
      ("bcast", .invite, "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23\r\n", "", "up 200"),
    ] as [(String, Method, String, String, String)])
  mutating func responsesThatAreToBeDroppedAre(
    name: String, method: Method, fault: String, mended: String, then: String
  ) throws {
    let bytes = try answering(name, method)
    #expect(heard(bytes).isEmpty)
    let place = try #require(bytes.firstRange(of: Array(fault.utf8)))
    let right = bytes[..<place.lowerBound] + Array(mended.utf8) + bytes[place.upperBound...]
    #expect(heard(Array(right)).joined(separator: ", ") == then)
  }

  /// §3.2.1: "it could fall back to the RFC 2543-style transaction identifier".
  @Test mutating func aBareCookieMatchesByTheWholeRequest() throws {
    guard case .request(var request) = try Message.parse(try vector("rfc4475/badbranch.dat")) else { throw Nothing() }
    #expect(layer.arrived(request) != nil)
    #expect(layer.arrived(request) == nil)
    request.headers[.callID] = "another"
    #expect(layer.arrived(request) != nil)
  }
}
