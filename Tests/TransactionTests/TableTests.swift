import Testing
import Wire

@testable import SIP

private let machines: [(TransactionMachine, TransactionState)] = [
  (.inviteClient, .calling), (.client, .trying), (.inviteServer, .proceeding), (.server, .trying),
]

private let events: [TransactionEvent] =
  [.provisional, .success, .failure, .request, .ack, .cancel, .transportError]
  + TransactionTimer.allCases.map { .timer($0) }

/// Every state that a machine can get into.
private func states(_ machine: TransactionMachine, from start: TransactionState) -> [TransactionState] {
  var found = [start]
  var next = 0
  while next < found.count {
    for event in events {
      if let step = transactionStep(machine, found[next], event), !found.contains(step.state) {
        found.append(step.state)
      }
    }
    next += 1
  }
  return found
}

@Suite struct TableTests {
  @Test func everyTimerThatRunsInAStateHasARowThere() {
    for (machine, start) in machines {
      for state in states(machine, from: start) where state != .terminated {
        let running = timers(of: machine, in: state)
        for timer in [running.repeating, running.ending].compactMap({ $0 }) {
          #expect(transactionStep(machine, state, .timer(timer)) != nil, "\(machine) \(state) \(timer)")
        }
        if let ending = running.ending, ending != .c {
          #expect(transactionStep(machine, state, .timer(ending))?.state == .terminated, "\(machine) \(state)")
        }
      }
    }
    #expect(transactionStep(.inviteClient, .proceeding, .timer(.cancelled))?.state == .terminated)
  }

  @Test func everyStateEndsByItselfExceptWhileTheUserOwesAnAnswer() {
    for (machine, start) in machines {
      for state in states(machine, from: start) where state != .terminated {
        let endsAlone = timers(of: machine, in: state).ending != nil
        #expect(endsAlone == !(machine == .inviteServer && state == .proceeding), "\(machine) \(state)")
      }
    }
  }

  @Test func eachMachineHasTheStatesOfItsFigure() {
    #expect(
      Set(states(.inviteClient, from: .calling)) == [.calling, .proceeding, .completed, .accepted, .terminated])
    #expect(Set(states(.client, from: .trying)) == [.trying, .proceeding, .completed, .terminated])
    #expect(
      Set(states(.inviteServer, from: .proceeding)) == [.proceeding, .completed, .confirmed, .accepted, .terminated])
    #expect(Set(states(.server, from: .trying)) == [.trying, .proceeding, .completed, .terminated])
  }

  @Test func nothingLeavesTerminatedAndTransportErrorsAlwaysEnd() {
    for (machine, start) in machines {
      for state in states(machine, from: start) where state != .terminated {
        #expect(transactionStep(machine, state, .transportError)?.state == .terminated)
      }
    }
  }

  /// RFC 3261 Table 4 and RFC 6026 §7.1, over UDP and over TCP, in milliseconds.
  @Test(
    arguments: [
      (TransactionTimer.a, 500, nil), (.b, 32_000, 32_000), (.c, 185_000, 185_000), (.d, 32_000, 0), (.e, 500, nil),
      (.f, 32_000, 32_000), (.g, 500, nil), (.h, 32_000, 32_000), (.i, 5000, 0), (.j, 32_000, 0), (.k, 5000, 0),
      (.l, 32_000, 32_000), (.m, 32_000, 32_000), (.success, 500, 500), (.trying, 200, 200),
    ] as [(TransactionTimer, Int64?, Int64?)])
  func timersLastWhatTable4Says(timer: TransactionTimer, unreliable: Int64?, reliable: Int64?) {
    let times = TransactionTimers()
    #expect(timer.duration(times, reliable: false)?.milliseconds == unreliable)
    #expect(timer.duration(times, reliable: true)?.milliseconds == reliable)
  }
}
