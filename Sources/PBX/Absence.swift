import Configuration
import SIP
import Wire

/// Phones that talk though their connection is gone, and that cannot be called back: what they are to be told within
/// their calls waits for their return. RFC 5626 §4.5 has them try again after half a minute at most, then after a minute.
extension Exchange {
  /// How long a request waits for its phone.
  static let absence = Interval.seconds(64)

  /// No connection leads there: requests of phones' calls wait, all others fail.
  func noWay(_ flow: Flow) {
    guard flow.transport.isReliable, flow.connection == 0,
      let number = calls.first(where: { $0.value.phoneIsLost(by: flow) })?.key
    else {
      return layer.transportFailed(flow, now: now)
    }
    log(
      .info, "call", "a phone has no connection; it is waited for",
      [.init("call", String(number)), .init("phone", flow.text)])
    layer.hold(flow, until: now + Exchange.absence, now: now)
  }

  /// Whether the phone that subscribed so has lost its connection: it is told how things are once it is back, or until its
  /// subscription runs out.
  func isAbsent(_ tag: String) -> Bool { subscriptions[tag]?.dialog.isLost == true }

  /// A phone has registered by a connection: its calls go on by that.
  func returned(_ number: String, by flow: Flow) {
    guard flow.transport.isReliable else { return }
    let contacts = registrar.bindings(of: number, now: now).filter { $0.flow == flow }.map { $0.contact.uri }
    for (id, call) in calls {
      for side in [CallSide.caller, .callee] {
        guard let leg = call.leg(side), leg.number == number, leg.trunk == nil,
          contacts.contains(where: { leg.dialog.mayGoOn(by: flow, of: $0) })
        else { continue }
        log(.info, "call", "a phone is back", call.logFields + [.init("phone", flow.text)])
        withCall(id) { (_, call) in call.move(side, to: flow) }
        layer.move(leg.dialog.nextHop, to: flow, now: now)
      }
    }
    for (tag, var subscription) in subscriptions.byTag.sorted(by: { $0.key < $1.key }) {
      guard subscription.subscriber == number,
        contacts.contains(where: { subscription.dialog.mayGoOn(by: flow, of: $0) })
      else { continue }
      subscription.dialog.move(to: flow)
      subscriptions.set(tag, subscription)
      // What it missed meanwhile.
      tell(tag)
    }
  }
}

extension Call {
  func leg(_ side: CallSide) -> Leg? {
    switch state {
    case .talking(let talking), .ending(let talking): talking[side]
    case .ringing, .over: nil
    }
  }

  fileprivate mutating func move(_ side: CallSide, to flow: Flow) {
    switch state {
    case .talking(var talking):
      talking[side]?.dialog.move(to: flow)
      state = .talking(talking)
    case .ending(var talking):
      talking[side]?.dialog.move(to: flow)
      state = .ending(talking)
    case .ringing, .over: break
    }
  }

  /// Whether one of its phones, and no trunk, was to be reached so.
  fileprivate func phoneIsLost(by flow: Flow) -> Bool {
    [CallSide.caller, .callee].contains { side in
      guard let leg = leg(side), leg.trunk == nil, leg.dialog.isLost else { return false }
      return leg.dialog.nextHop == flow
    }
  }
}

extension Dialog {
  /// Whether its connection is gone.
  var isLost: Bool { flow.transport.isReliable && flow.connection == 0 }

  /// Whether its phone may be the one that has this contact, now that its own connection is gone.
  fileprivate func mayGoOn(by other: Flow, of contact: URI) -> Bool {
    guard isLost, other.transport == flow.transport else { return false }
    // Many write the port of their connection into Contact: that is another one each time.
    return target.isEquivalent(to: contact)
      || (target.user != nil && target.user == contact.user && other.remote.ip == flow.remote.ip)
  }
}
