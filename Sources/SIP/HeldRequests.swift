import Wire

/// Requests whose way is gone while whoever they are for may come back by another: over TLS and WebSocket only the phone
/// can open one (RFC 5626 §3.1).
extension TransactionLayer {
  /// Nothing can be sent by this flow. Requests of ours that nobody has answered wait until `until` for `move`, and fail by
  /// a time-out after that; responses fail now.
  @export(interface)
  public mutating func hold(_ flow: Flow, until: Instant, now: Instant) {
    for i in slots.indices {
      guard let transaction = slots[i], transaction.flow == flow else { continue }
      switch (transaction.machine, transaction.state) {
      case (.inviteClient, .calling), (.client, .trying):
        guard !transaction.isHeld else { continue }
        slots[i]?.isHeld = true
        slots[i]?.ending?.at = until
        changes?.mark(i)
        schedule(i)
      case (.inviteClient, _), (.client, _): continue
      case (.inviteServer, _), (.server, _): apply(.transportError, i, nil, now: now)
      }
    }
  }

  /// Whoever was to be reached by the one flow is reached by the other: requests that were held go out, and have their
  /// time from now.
  @export(interface)
  public mutating func move(_ flow: Flow, to other: Flow, now: Instant) {
    for i in slots.indices {
      guard let transaction = slots[i], transaction.flow == flow,
        transaction.machine == .inviteClient || transaction.machine == .client
      else { continue }
      slots[i]?.flow = other
      changes?.mark(i)
      guard transaction.isHeld, let kept = transaction.kept else { continue }
      slots[i]?.isHeld = false
      if let ending = transaction.ending { slots[i]?.end(by: ending.name, times, now: now) }
      schedule(i)
      emit(.send(kept, to: other))
    }
  }
}
