import Foundation
import SIP
import TestSupport
import Testing
import Wire

@testable import PBX

/// What RFC 4475 asks of an element that is endpoint and registrar, for one of its messages.
struct TortureRow: Sendable, CustomTestStringConvertible {
  let section: String
  let name: String
  /// The status that anyone's message is answered with, nil for silence.
  let status: Int?
  /// The status once a sender who got 401 has proved to be that extension.
  let proved: (by: String, status: Int)?

  init(_ section: String, _ name: String, _ status: Int?, then proved: (by: String, status: Int)? = nil) {
    self.section = section
    self.name = name
    self.status = status
    self.proved = proved
  }

  var testDescription: String { section + " " + name }

  /// Accepted means here: 200 for what is answered by the exchange itself, 480 for a call to an extension that is known
  /// but has no phone, since the exchange got so far as to look for one. A comment says what the RFC leaves open.
  static let all = [
    // Within a dialog that doesn't exist: well-formed all the same.
    TortureRow("3.1.1.1", "wsinv", 481),
    // "Endpoints will generate a 501 listing the methods they understand".
    TortureRow("3.1.1.2", "intmeth", 501),
    TortureRow("3.1.1.3", "esc01", 401, then: ("caller", 480)),
    TortureRow("3.1.1.4", "escnull", 401, then: ("null-\0-null", 200)),
    TortureRow("3.1.1.5", "esc02", 501),
    TortureRow("3.1.1.6", "lwsdisp", 200),
    TortureRow("3.1.1.7", "longreq", 401, then: ("caller", 480)),
    TortureRow("3.1.1.8", "dblreq", 401, then: ("j.user", 200)),
    TortureRow("3.1.1.9", "semiuri", 200),
    TortureRow("3.1.1.10", "transports", 200),
    // A MESSAGE, which is served to those who prove who they are.
    TortureRow("3.1.1.11", "mpart01", 401, then: ("caller", 404)),
    TortureRow("3.1.1.12", "unreason", nil), TortureRow("3.1.1.13", "noreason", nil),
    TortureRow("3.1.2.1", "badinv01", 400), TortureRow("3.1.2.2", "clerr", 400), TortureRow("3.1.2.3", "ncl", 400),
    // For CSeq. Max-Forwards over 255 could be ignored: refused. Expires over 32 bits could count as 3600: as the longest.
    TortureRow("3.1.2.4", "scalar02", 400),
    TortureRow("3.1.2.5", "scalarlg", nil),
    // The closing quote, the brackets and the spaces could be mended: refused.
    TortureRow("3.1.2.6", "quotbal", 400), TortureRow("3.1.2.7", "ltgtruri", 400),
    TortureRow("3.1.2.8", "lwsruri", 400), TortureRow("3.1.2.9", "lwsstart", 400), TortureRow("3.1.2.10", "trws", 400),
    // The headers of the Request-URI could be ignored: refused.
    TortureRow("3.1.2.11", "escruri", 400),
    // To be refused only where Date matters, which it doesn't here.
    TortureRow("3.1.2.12", "baddate", 401, then: ("caller", 480)),
    // Brackets, spaces and quotes could be mended: refused.
    TortureRow("3.1.2.13", "regbadct", 400), TortureRow("3.1.2.14", "badaspec", 400),
    TortureRow("3.1.2.15", "baddn", 400),
    TortureRow("3.1.2.16", "badvers", 505), TortureRow("3.1.2.17", "mismatch01", 400),
    // 400 is permitted, 501 "has better future-proof characteristics".
    TortureRow("3.1.2.18", "mismatch02", 501),
    TortureRow("3.1.2.19", "bigcode", nil),
    // Could be refused: matched as RFC 2543 has it.
    TortureRow("3.2.1", "badbranch", 200),
    TortureRow("3.3.1", "insuf", 400), TortureRow("3.3.2", "unkscm", 416),
    // 404 is for whoever might serve some URI of that scheme.
    TortureRow("3.3.3", "novelsc", 416),
    TortureRow("3.3.4", "unksm2", 400), TortureRow("3.3.5", "bext01", 420),
    TortureRow("3.3.6", "invut", 401, then: ("caller", 415)),
    // Credentials of an unknown scheme are none.
    TortureRow("3.3.7", "regaut01", 401, then: ("j.user", 200)),
    TortureRow("3.3.8", "multi01", 400), TortureRow("3.3.9", "mcl01", 400), TortureRow("3.3.10", "bcast", nil),
    // An endpoint serves it; a call, which is passed on, gets 483 (CallTests).
    TortureRow("3.3.11", "zeromf", 200),
    TortureRow("3.3.12", "cparam01", 401, then: ("watson", 200)),
    TortureRow("3.3.13", "cparam02", 401, then: ("watson", 200)),
    TortureRow("3.3.14", "regescrt", 401, then: ("user", 200)),
    // 400 would do as well.
    TortureRow("3.3.15", "sdp01", 401, then: ("caller", 406)),
    TortureRow("3.4.1", "inv2543", 401, then: ("caller", 480)),
  ]
}

@Suite(
  "The exchange's answers to the torture messages of RFC 4475",
  .enabled(if: vectorsFolder != nil, "the folder of test vectors is not there: RFC 4475 goes unchecked"))
struct TortureTests {
  @Test func everyMessageHasARow() throws {
    let folder = try #require(vectorsFolder).appendingPathComponent("rfc4475")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    // test.dat is in the RFC's archive, but in none of its sections.
    let names = files.filter { $0.hasSuffix(".dat") && $0 != "test.dat" }.map { String($0.dropLast(4)) }
    #expect(names.count == 49)
    #expect(names.sorted() == TortureRow.all.map { $0.name }.sorted())
  }

  @Test(arguments: TortureRow.all)
  func theAnswerIsWhatTheRFCAsksFor(row: TortureRow) throws {
    let house = TortureHouse()
    let bytes = try torture(row.name)
    let answer = try house.answer(to: bytes)
    #expect(answer?.status == row.status)
    if answer != nil { #expect(house.sentTo?.ip == house.source.ip) }
    guard let proved = row.proved else {
      #expect(row.status != 401)
      return
    }
    let known = try house.proving(bytes, by: proved.by)
    #expect(try house.answer(to: known)?.status == proved.status)
  }

  /// RFC 3261 §8.2.6.2: all Vias, From, To with a tag, Call-ID and CSeq as they came.
  @Test(arguments: TortureRow.all.filter { $0.status != nil })
  func theAnswerRepeatsWhatItsSenderKnowsItBy(row: TortureRow) throws {
    let bytes = try torture(row.name)
    let answer = try #require(try TortureHouse().answer(to: bytes)).headers
    guard case .request(var request)? = try? Message.parse(bytes), request.check() == nil else { return }
    #expect(answer[.from] == request.headers[.from])
    #expect(answer[.callID] == request.headers[.callID])
    #expect(answer[.cSeq] == request.headers[.cSeq])
    var to = try answer.to
    #expect(to.tag?.isEmpty == false)
    if try request.headers.to.tag == nil { to.tag = nil }
    #expect(to == (try request.headers.to))
    var vias = try answer.vias
    #expect(vias[0].received == IPAddress("203.0.113.7"))
    vias[0].received = nil
    if vias[0].hasRport {
      #expect(vias[0].rport == 40)
      vias[0].parameters.setFlag("rport")
    }
    #expect(vias == (try request.headers.vias))
  }
}
