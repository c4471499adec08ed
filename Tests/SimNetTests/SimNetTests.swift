import SimNet
import Testing
import Wire

private let a = SocketAddress(IPAddress(ipv4: 0xc000_0201), port: 5060)
private let b = SocketAddress(IPAddress(ipv4: 0xc000_0202), port: 5060)

private func arrivals(_ net: inout SimNet<Int>) -> [Int] {
  var result: [Int] = []
  while let time = net.nextArrival, let arrival = net.arrival(by: time) { result.append(arrival.payload) }
  return result
}

@Suite struct SimNetTests {
  @Test func aGoodLinkDeliversAllInOrderAfterItsDelay() {
    var net = SimNet<Int>(seed: 1)
    for i in 0..<100 { net.send(i, from: a, to: b, now: .zero) }
    #expect(net.nextArrival == .zero + .milliseconds(5))
    #expect(net.arrival(by: .zero + .milliseconds(4)) == nil)
    #expect(arrivals(&net) == Array(0..<100))
  }

  @Test func lossDuplicationAndReorderingHappenAsOftenAsAsked() {
    var net = SimNet<Int>(seed: 2, LinkConditions(loss: 0.25))
    for i in 0..<4000 { net.send(i, from: a, to: b, now: .zero) }
    let count = arrivals(&net).count
    #expect((2850...3150).contains(count))
    #expect(net.lost == 4000 - count)

    net = SimNet<Int>(seed: 3, LinkConditions(duplication: 0.5))
    for i in 0..<4000 { net.send(i, from: a, to: b, now: .zero) }
    #expect((5850...6150).contains(arrivals(&net).count))

    net = SimNet<Int>(seed: 4, LinkConditions(reordering: 0.1))
    for i in 0..<4000 { net.send(i, from: a, to: b, now: .zero + .milliseconds(Int64(i))) }
    let order = arrivals(&net)
    #expect(order.sorted() == Array(0..<4000))
    let overtaken = zip(order, order.dropFirst()).filter { $0 > $1 }.count
    #expect((250...450).contains(overtaken))
  }

  @Test func theSameSeedIsTheSameStory() {
    var first = SimNet<Int>(seed: 5, .bad)
    var second = SimNet<Int>(seed: 5, .bad)
    var other = SimNet<Int>(seed: 6, .bad)
    for i in 0..<500 {
      let now = Instant.zero + .milliseconds(Int64(i))
      first.send(i, from: a, to: b, now: now)
      second.send(i, from: a, to: b, now: now)
      other.send(i, from: a, to: b, now: now)
    }
    let story = arrivals(&first)
    #expect(story == arrivals(&second))
    #expect(story != arrivals(&other))
  }

  @Test func aCutLinkDropsBothWaysUntilMended() {
    var net = SimNet<Int>(seed: 7)
    net.cut(a, b)
    net.send(1, from: a, to: b, now: .zero)
    net.send(2, from: b, to: a, now: .zero)
    #expect(net.nextArrival == nil && net.lost == 2)
    net.mend(a, b)
    net.send(3, from: a, to: b, now: .zero)
    #expect(arrivals(&net) == [3])
  }

  @Test func aConnectionKeepsOrderOnTheWorstLink() {
    var net = SimNet<Int>(seed: 8, .bad)
    for i in 0..<1000 { net.sendInOrder(i, from: a, to: b, now: .zero + .milliseconds(Int64(i))) }
    #expect(arrivals(&net) == Array(0..<1000))
  }
}
