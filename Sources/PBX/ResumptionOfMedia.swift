import Media
import SIP
import Wire

/// The media of calls that another process had.
extension Exchange {
  /// The media ports that calls have.
  public var portsOfCalls: [UInt16] { calls.values.flatMap { $0.portsOfItsOwn } }

  /// Calls go on with the ports that they have, and those that nobody has are free.
  func takeBackPorts(_ ports: [UInt16]) {
    var free = Set(ports)
    for number in calls.keys.sorted() {
      guard var call = calls[number] else { continue }
      free.subtract(call.portsOfItsOwn)
      resumeMedia(&call)
      calls[number] = call
    }
    freePorts += free.sorted()
    if freePorts.count >= Exchange.portReserve { unask() }
  }

  /// The media threads are new ones: they are told again what was agreed, and where they go on.
  private func resumeMedia(_ call: inout Call) {
    call.portsInMedia = []
    switch call.state {
    case .talking(let talking):
      var joined = 0
      for side in [CallSide.caller, .callee] {
        guard let leg = talking[side], leg.said != nil, leg.heard != nil else { continue }
        resumeSource(call, side, leg.port, leg.latched)
        joined += 1
      }
      resumeFurther(call)
      if joined == 2 { emit(.media(.expectBoth(call.stream))) }
      joinMedia(&call, talking)
    case .ringing(let ringing): joinEarlyMedia(&call, ringing)
    case .ending, .over: break
    }
  }

  private func resumeSource(_ call: Call, _ side: CallSide, _ port: UInt16, _ latched: SocketAddress?) {
    let source = sources[CallReference(call: call.number, side: side)]
    let way = proved[port]
    guard latched != nil || source != nil || way != nil else { return }
    let from = Continuation(heard: way?.media ?? latched, control: way?.control, source: source)
    emit(.media(.resume(call.stream, side.stream, from)))
  }

  /// Of the streams beside the audio only what ICE has found out: it is not asked again.
  private func resumeFurther(_ call: Call) {
    for stream in call.further.streams where stream.isOpen {
      for side in [CallSide.caller, .callee] {
        guard let way = proved[stream.port(side)] else { continue }
        let from = Continuation(heard: way.media, control: way.control, source: nil)
        emit(.media(.resume(StreamID(call.number, part: stream.number), side.stream, from)))
      }
    }
  }

  /// What the caller hears of a phone that rings.
  private func joinEarlyMedia(_ call: inout Call, _ ringing: Call.Ringing) {
    guard let index = ringing.early, index < ringing.branches.count, let invite = call.caller.invite,
      let callerPort = call.callerPort, let port = call.calleePort
    else { return }
    let branch = ringing.branches[index]
    guard let said = branch.agreed?.said ?? branch.saidToCaller, let saidToBranch = branch.said,
      let heard = branch.agreed?.heard ?? call.caller.offer?.audio,
      let heardOfBranch = branch.early.compactMap({ $0.heard }).last ?? branch.heardEarly
    else { return }
    resumeSource(call, .caller, callerPort, nil)
    resumeSource(call, .callee, port, nil)
    emit(.media(.expectBoth(call.stream)))
    setMedia(
      &call, .caller,
      Negotiation.leg(port: callerPort, said: said, heard: heard, in: call.caller.session, by: invite.flow))
    setMedia(
      &call, .callee,
      Negotiation.leg(port: port, said: saidToBranch, heard: heardOfBranch, in: branch.session, by: branch.flow))
  }
}

extension Call {
  /// The media ports that nobody else may take while the call goes on.
  fileprivate var portsOfItsOwn: [UInt16] {
    var ports = [callerPort, calleePort]
    for stream in further.streams { ports += [stream.callerPort, stream.calleePort] }
    switch state {
    case .ringing: break
    case .talking(let talking):
      ports += [talking.caller.port, talking.callee?.port, talking.transfer?.arrived?.port]
    case .ending, .over: return []
    }
    return ports.compactMap { $0 }
  }
}
