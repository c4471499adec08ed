import Testing
import Wire

@testable import Daemon

@Suite struct LimitTests {
  @Test func oneSourceCannotTakeEveryConnection() {
    var admission = Admission()
    let limits = ConnectionLimits(total: 5, perSource: 2)
    let sources = (1...4).map { IPAddress(ipv4: UInt32($0)) }
    let admitted = [0, 0, 0, 1, 1, 2, 3].map { admission.admit(sources[$0], limits) }
    #expect(admitted == [true, true, false, true, true, true, false])
    admission.release(sources[0])
    #expect(admission.total == 4)
    let again = admission.admit(sources[3], limits)
    #expect(again)
    admission.release(IPAddress(ipv4: 99))
    #expect(admission.total == 5)
  }

  @Test func aWriteQueueIsBoundedAndKeepsItsOrder() {
    var queue = WriteQueue(limit: 6)
    let taken = [[1, 2, 3], [4, 5], [], [6, 7]].enumerated().map {
      queue.append($0.element, now: .zero + .seconds(Int64($0.offset) * 10))
    }
    #expect(taken == [true, true, true, false] && queue.count == 5)
    #expect(queue.front == [1, 2, 3][...] && queue.waitingSince == .zero)
    queue.advance(2)
    #expect(queue.front == [3] && queue.count == 3)
    queue.advance(1)
    #expect(queue.front == [4, 5] && queue.waitingSince == .zero + .seconds(10))
    let fits = queue.append([6, 7, 8], now: .zero + .seconds(40))
    #expect(fits)
    queue.advance(2)
    queue.advance(3)
    #expect(queue.isEmpty && queue.front == nil && queue.waitingSince == nil)
  }

  /// As many answers to empty lines as a connection holds.
  @Test func manySmallPiecesAreFewWrites() {
    var queue = WriteQueue(limit: 256 << 10)
    while queue.append([13, 10], now: .zero) {}
    #expect(queue.count == 256 << 10)
    var writes = 0
    while let front = queue.front {
      #expect(front.starts(with: [13, 10]))
      queue.advance(front.count)
      writes += 1
    }
    #expect(writes <= 64 && queue.isEmpty)
  }

  @Test func tokensComeBack() {
    for token: Token in [
      .signals, .media, .udp(0), .udp(.max), .streamListener(7), .connection(.max), .controlListener, .controlClient(1),
      .recording,
    ] {
      #expect(Token(packed: token.packed) == token)
    }
    #expect(Token(packed: .max) == nil)
  }
}
