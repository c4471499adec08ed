import CallDoctor
import Configuration
import PBX
import Platform
import SIP
import Trace
import Wire

/// One who reads signalling along, over the control socket.
struct TraceTap {
  var filter: TraceFilter
  var showsCredentials = false
  private var capture = PacketCapture()

  init(filter: TraceFilter, showsCredentials: Bool) {
    self.filter = filter
    self.showsCredentials = showsCredentials
  }

  /// The records of a message, if it is wanted.
  mutating func records(
    _ message: [UInt8], _ flow: Flow, isIncoming: Bool, callNamed: (String) -> UInt32?
  ) -> [UInt8]? {
    guard filter.takes(message, callNamed: callNamed) else { return nil }
    return capture.records(
      showsCredentials ? message : masked(message), flow, isIncoming: isIncoming, time: Clock.wall())
  }
}

extension Server {
  /// What a line of the control socket is answered, and whether its sender reads signalling along from then on.
  func reply(to line: [UInt8], now: Instant) -> ControlReply {
    do throws(ControlRequest.Failure) {
      let request = try ControlRequest(line: line)
      guard case .trace(let number, let call, let showsCredentials) = request else {
        return ControlReply(bytes: answer(request, now: now))
      }
      if let call, exchange.records[call] == nil {
        return ControlReply(bytes: unknownCall(call))
      }
      let tap = TraceTap(filter: TraceFilter(number: number, call: call), showsCredentials: showsCredentials)
      log.write(.notice, "daemon", "signalling is traced")
      return ControlReply(bytes: answer(request, now: now) + PacketCapture.fileHeader, tap: tap)
    } catch {
      return ControlReply(bytes: controlRefusal(error.description))
    }
  }

  /// Hands a message to those who read along.
  func trace(_ message: [UInt8], _ flow: Flow, isIncoming: Bool) {
    guard let control, control.isTapped else { return }
    control.trace { tap in
      tap.records(message, flow, isIncoming: isIncoming) { exchange.records.call(named: $0) }
    }
  }
}
