import CallDoctor
import Configuration
import Media
import SDP
import SIP
import Wire

/// What the exchange tells the media thread, and what it does about what it hears.
extension Exchange {
  /// With fewer free ports than this the daemon is asked for more, and this many are asked for.
  static let portReserve = 16

  /// Even RTP ports that the daemon has bound, each with the odd one above it.
  @export(interface)
  public func offer(ports: [UInt16]) {
    askedForPorts = false
    for port in ports where port & 1 == 0 { freePorts.append(port) }
  }

  /// Puts a port that no call has back into the pool; one that the configuration no longer names is released, and one
  /// that a rush has left over.
  func takeBack(_ port: UInt16) {
    let range = configuration.media.ports
    if range.contains(port) && range.contains(port | 1) && freePorts.count < 2 * Exchange.portReserve {
      freePorts.append(port)
    } else {
      emit(.media(.release(port: port)))
    }
  }

  /// Takes ports of the pool, those first that rested longest; nil where too few are left.
  func takePorts(_ count: Int, isUrgent: Bool = false) -> [UInt16]? {
    defer { askForPorts() }
    // Where help can be called, the last two ports are for that.
    let kept = isUrgent || outside.trunks.isEmpty ? 0 : 2
    guard freePorts.count >= count + kept else { return nil }
    let taken = Array(freePorts.prefix(count))
    for port in taken { proved.forget(port) }
    freePorts.removeFirst(count)
    return taken
  }

  func askForPorts() {
    guard freePorts.count < Exchange.portReserve, !askedForPorts else { return }
    askedForPorts = true
    emit(.needPorts(Exchange.portReserve))
  }

  /// Where a phone reached by this flow is told to send its media.
  func mediaAddress(_ flow: Flow, port: UInt16) -> SocketAddress {
    SocketAddress(ownAddress(flow), port: port)
  }

  /// The address by which a phone knows the box: that of the configuration, if it is of the same family; a phone on the box
  /// itself goes no way around.
  func ownAddress(_ flow: Flow) -> IPAddress {
    guard let external = configuration.media.externalAddress, external.isIPv4 == flow.local.ip.isIPv4,
      !flow.local.ip.isLoopback
    else { return flow.local.ip }
    return external
  }

  func setMedia(_ call: inout Call, _ side: CallSide, _ leg: Media.Leg) {
    call.portsInMedia.insert(leg.port)
    emit(.media(.setLeg(call.stream, side.stream, call.withKeys(leg))))
  }

  /// Tells the media thread what was agreed with both phones, or with the one that hears itself.
  func joinMedia(_ call: inout Call, _ talking: Call.Talking) {
    let isEcho = talking.callee == nil
    for side in [CallSide.caller, .callee] {
      guard let leg = talking[side], let said = leg.said, let heard = leg.heard else { continue }
      var media = Negotiation.leg(port: leg.port, said: said, heard: heard, in: leg.session, by: leg.dialog.flow)
      if !isEcho {
        media.digits = digitMethod(leg)
        media.sound = sound(talking, side)
      }
      if isEcho {
        call.portsInMedia.insert(leg.port)
        emit(.media(.setEcho(call.stream, call.withKeys(media))))
      } else {
        setMedia(&call, side, media)
      }
    }
    if !isEcho { settleFurther(&call, talking) }
  }

  /// Gives the ports back: the media thread releases those that it has, the others go to the pool again.
  func closeMedia(_ call: inout Call) {
    if !call.portsInMedia.isEmpty { emit(.media(.close(call.stream))) }
    for port in [call.callerPort, call.calleePort] {
      guard let port else { continue }
      proved.forget(port)
      if !call.portsInMedia.contains(port) { takeBack(port) }
    }
    call.portsInMedia = []
    closeFurther(&call)
    askForPorts()
  }

  /// A leg hears nothing any more.
  func forgetSource(_ leg: CallReference) {
    if sources.removeValue(forKey: leg) != nil { changedSources?.insert(leg) }
  }

  /// Takes in what the media thread says.
  @export(interface)
  public func mediaEvent(_ event: Media.Event, now: Instant) {
    self.now = now
    defer { drainLayer() }
    switch event {
    case .started, .shaken: return
    case .kernelRelay(nil): log(.notice, "media", "the kernel relays what needs nothing done to it", [])
    case .kernelRelay(.some(let reason)):
      log(.notice, "media", "the kernel does not relay, sotto does all of it", [.init("reason", reason)])
    case .stopped(let error): log(.error, "media", error.description, [])
    case .source(let stream, let side, let source):
      guard stream.part == 0, calls[stream.number] != nil else { return }
      let leg = CallReference(call: stream.number, side: side == .a ? .caller : .callee)
      sources[leg] = source
      changedSources?.insert(leg)
      // It is kept by the time that this goes out.
      if case .own = source { emit(.media(.kept(stream, side, source))) }
    case .noMedia(let stream):
      withCall(stream.number) { (exchange, call) in
        // A camera may be off; only the audio tells whether the phones are there, or what came in its place.
        guard stream.part == 0 || call.hasNoAudio else { return }
        exchange.hangUp(&call, .silent)
      }
    case .latched(let stream, let side, let address):
      guard stream.part == 0 else { return }
      withCall(stream.number) { (_, call) in
        guard case .talking(var talking) = call.state else { return }
        talking[side == .a ? .caller : .callee]?.latched = address
        call.state = .talking(talking)
      }
    case .proved(let stream, let port, let isControl, let address):
      if calls[stream.number] != nil { proved.note(port, isControl: isControl, address) }
    case .pressed(let stream, let side, let digit, let milliseconds):
      withCall(stream.number) { (exchange, call) in
        let key = DigitBody(digit: digit, milliseconds: milliseconds)
        exchange.pressed(&call, side == .a ? .caller : .callee, key)
      }
    case .statistics(let stream, let statistics):
      if stream.part == 0 { calls[stream.number]?.statistics = statistics }
    case .closed(let stream, let statistics):
      if stream.part == 0 {
        logStatistics(stream, statistics)
        records.measured(stream.number, caller: statistics.a.facts, callee: statistics.b?.facts)
      }
      askForPorts()
    case .failed(let stream, let error):
      log(.error, "media", error.description, [.init("call", String(stream.number))])
      withCall(stream.number) { (exchange, call) in exchange.hangUp(&call, .mediaFailed) }
    }
  }

  /// Asks the media thread for the counters of every call; they show in `status` once it has answered.
  @export(interface)
  public func reportMedia() {
    for call in calls.values where !call.portsInMedia.isEmpty { emit(.media(.report(call.stream))) }
  }

  private func logStatistics(_ stream: StreamID, _ statistics: StreamStatistics) {
    var fields: [LogEvent.Field] = [
      .init("call", String(stream.number)), .init("caller_in", String(statistics.a.packetsIn)),
      .init("caller_out", String(statistics.a.packetsOut)),
    ]
    if let b = statistics.b {
      fields += [.init("callee_in", String(b.packetsIn)), .init("callee_out", String(b.packetsOut))]
    }
    log(.info, "media", "closed", fields)
  }
}

extension Call {
  /// The phones have agreed upon something else instead: a fax.
  var hasNoAudio: Bool {
    guard case .talking(let talking) = state else { return false }
    return talking.caller.heard?.formats.isEmpty == true
  }
}
