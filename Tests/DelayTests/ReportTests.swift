import Foundation
import FoundationXML
import Testing

@testable import Delay

@Suite struct DelayReportTests {
  @Test func figuresAreThoseOfTheNumbers() throws {
    let figures = try #require(DelayStatistics((1...200).reversed().map { Int64($0) * 1000 }))
    #expect(figures.minimum == 1000 && figures.maximum == 200_000 && figures.count == 200)
    #expect(figures.median == 100_500 && figures.mean == 100_500)
    #expect(figures.p95 == 190_000 && figures.p99 == 198_000)
    // Of 1…n it is √(n(n + 1) / 12).
    #expect(figures.deviation == 57879)
    let one = try #require(DelayStatistics([42]))
    #expect([one.minimum, one.median, one.mean, one.p95, one.p99, one.maximum] == [42, 42, 42, 42, 42, 42])
    #expect(one.deviation == 0 && DelayStatistics([]) == nil)
  }

  private func report(_ turn: DelayReport.Turn, _ trials: [Int64?]) -> DelayReport {
    DelayReport(
      trials, turn: turn,
      parts: [
        .init("packetisation", 20000, "one packet"), .init("exchange", nil, "in the network"),
        .init("buffer", 12000, isMeasured: true, "here"),
      ])
  }

  @Test func onlyWhatAPhoneReturnsIsHalved() {
    let (phone, exchange) = (report(.phone, [80000, nil, 90000]), report(.exchange, [80000, nil, 90000]))
    #expect(phone.oneWay == [40000, nil, 45000] && phone.statistics?.mean == 42500 && phone.lost == 1)
    #expect(exchange.oneWay == [80000, nil, 90000])
    #expect(phone.sum == 32000 && phone.unexplained == 10500)
    #expect(phone.text.contains("half of there and back") && exchange.text.contains("Nothing is halved"))
    #expect(phone.text.contains("1/3") && phone.text.contains("unexplained      10.5"))
    #expect(phone.text.contains("measured: here") && phone.text.contains("computed: one packet"))
  }

  @Test func theHistogramHasAllOfThem() {
    let trials: [Int64?] = (0..<100).map { 40000 + Int64($0) * 400 }
    let bars = report(.exchange, trials).text.split(separator: "\n").filter { $0.contains("#") }
    #expect(bars.compactMap { Int($0.split(separator: " ").last ?? "") }.reduce(0, +) == 100 && bars.count <= 12)
  }

  @Test(arguments: [[], [nil], [nil, nil], [40000], [40000, nil, 52000, 900_000]] as [[Int64?]])
  func theGraphIsXMLWhateverWasMeasured(trials: [Int64?]) {
    let parser = XMLParser(data: Data(report(.phone, trials).graph.utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
  }
}
