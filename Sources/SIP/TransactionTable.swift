/// The four machines of RFC 3261 §17 with the corrections of RFC 6026, as one table. Nothing else changes a state.

import Wire

/// Which machine: RFC 3261 figures 5 to 8.
enum TransactionMachine: UInt8, Storable, Sendable { case inviteClient, client, inviteServer, server }

enum TransactionState: UInt8, Storable, Sendable {
  case calling, trying, proceeding, completed, confirmed, accepted, terminated
}

enum TransactionEvent: Sendable, Equatable {
  /// A response came (client) or the user gives one (server): 1xx, 2xx, 300–699.
  case provisional, success, failure
  /// The same request came again.
  case request
  /// The ACK of a failure, which belongs to the transaction, or the user's word that a 2xx's ACK came.
  case ack
  /// The user wants to cancel.
  case cancel
  case timer(TransactionTimer)
  case transportError
}

/// What goes with a step. The order in which a layer carries these out is that of the declarations here.
struct TransactionActions: OptionSet, Sendable {
  let rawValue: UInt16
  /// Send the message that came with the event and keep it for retransmission.
  static let send = TransactionActions(rawValue: 1)
  /// Send the kept message again.
  static let resend = TransactionActions(rawValue: 2)
  /// Send 100 Trying.
  static let sendTrying = TransactionActions(rawValue: 4)
  /// Make and send the ACK of a failure.
  static let sendAck = TransactionActions(rawValue: 8)
  /// Make and send the CANCEL, if one is held; timer `cancelled` then takes the place of C.
  static let sendCancel = TransactionActions(rawValue: 16)
  /// Hold a CANCEL, which may not go before a provisional response came (§9.1).
  static let holdCancel = TransactionActions(rawValue: 32)
  /// Hand the message to the user.
  static let pass = TransactionActions(rawValue: 64)
  /// Hand a 2xx to the user unless one of its dialog came before, which is answered with its ACK.
  static let passOnce = TransactionActions(rawValue: 128)
  /// Stop sending the 2xx; its ACK is there.
  static let settle = TransactionActions(rawValue: 256)
  /// Tell the user that it ended without an answer, without an ACK or for want of a transport.
  static let reportTimeout = TransactionActions(rawValue: 512)
  static let reportUnacknowledged = TransactionActions(rawValue: 1024)
  static let reportTransport = TransactionActions(rawValue: 2048)
}

/// The row that an event finds: the state to be in afterwards and what to do. A step into the state that it came from
/// keeps the timers running.
struct TransactionStep: Sendable {
  let state: TransactionState
  let actions: TransactionActions
  /// Starts anew although the state stays.
  let rearm: TransactionTimer?

  static func stay(
    _ state: TransactionState, _ actions: TransactionActions, rearm: TransactionTimer? = nil
  ) -> TransactionStep {
    TransactionStep(state: state, actions: actions, rearm: rearm)
  }

  static func to(_ state: TransactionState, _ actions: TransactionActions = []) -> TransactionStep {
    TransactionStep(state: state, actions: actions, rearm: nil)
  }
}

/// The row for an event, nil where the event means nothing in that state and is dropped.
func transactionStep(
  _ machine: TransactionMachine, _ state: TransactionState, _ event: TransactionEvent
) -> TransactionStep? {
  switch (machine, state, event) {
  // INVITE client: figure 5; Accepted and timer M by RFC 6026 §7.2; cancelling by §9.1; timer C by §16.8.
  case (.inviteClient, .calling, .timer(.a)): .stay(.calling, .resend, rearm: .a)
  case (.inviteClient, .calling, .timer(.b)): .to(.terminated, .reportTimeout)
  case (.inviteClient, .calling, .provisional): .to(.proceeding, [.pass, .sendCancel])
  case (.inviteClient, .calling, .cancel): .stay(.calling, .holdCancel)
  case (.inviteClient, .proceeding, .provisional): .stay(.proceeding, .pass, rearm: .c)
  case (.inviteClient, .proceeding, .cancel), (.inviteClient, .proceeding, .timer(.c)):
    .stay(.proceeding, [.holdCancel, .sendCancel])
  case (.inviteClient, .proceeding, .timer(.cancelled)): .to(.terminated, .reportTimeout)
  case (.inviteClient, .calling, .success), (.inviteClient, .proceeding, .success): .to(.accepted, .passOnce)
  case (.inviteClient, .calling, .failure), (.inviteClient, .proceeding, .failure):
    .to(.completed, [.sendAck, .pass])
  case (.inviteClient, .completed, .failure): .stay(.completed, .sendAck)
  case (.inviteClient, .completed, .timer(.d)): .to(.terminated)
  case (.inviteClient, .accepted, .success): .stay(.accepted, .passOnce)
  case (.inviteClient, .accepted, .timer(.m)): .to(.terminated)

  // Other client: figure 6.
  case (.client, .trying, .timer(.e)), (.client, .proceeding, .timer(.e)): .stay(state, .resend, rearm: .e)
  case (.client, .trying, .timer(.f)), (.client, .proceeding, .timer(.f)): .to(.terminated, .reportTimeout)
  case (.client, .trying, .provisional): .to(.proceeding, .pass)
  case (.client, .proceeding, .provisional): .stay(.proceeding, .pass)
  case (.client, .trying, .success), (.client, .proceeding, .success): .to(.completed, .pass)
  case (.client, .trying, .failure), (.client, .proceeding, .failure): .to(.completed, .pass)
  case (.client, .completed, .timer(.k)): .to(.terminated)

  // INVITE server: figure 7; Accepted and timer L by RFC 6026 §7.1; the 2xx sent again by §13.3.1.4.
  case (.inviteServer, .proceeding, .timer(.trying)): .stay(.proceeding, .sendTrying)
  case (.inviteServer, .proceeding, .request): .stay(.proceeding, .resend)
  case (.inviteServer, .proceeding, .provisional): .stay(.proceeding, .send)
  case (.inviteServer, .proceeding, .success): .to(.accepted, .send)
  case (.inviteServer, .proceeding, .failure): .to(.completed, .send)
  case (.inviteServer, .completed, .request): .stay(.completed, .resend)
  case (.inviteServer, .completed, .timer(.g)): .stay(.completed, .resend, rearm: .g)
  case (.inviteServer, .completed, .timer(.h)): .to(.terminated, .reportUnacknowledged)
  case (.inviteServer, .completed, .ack): .to(.confirmed)
  case (.inviteServer, .confirmed, .timer(.i)): .to(.terminated)
  case (.inviteServer, .accepted, .timer(.success)): .stay(.accepted, .resend, rearm: .success)
  case (.inviteServer, .accepted, .ack): .stay(.accepted, .settle)
  case (.inviteServer, .accepted, .timer(.l)): .to(.terminated, .reportUnacknowledged)

  // Other server: figure 8; the end of an unanswered one by RFC 4320 §4.2.
  case (.server, .trying, .provisional): .to(.proceeding, .send)
  case (.server, .proceeding, .provisional): .stay(.proceeding, .send)
  case (.server, .proceeding, .request), (.server, .completed, .request): .stay(state, .resend)
  case (.server, .trying, .success), (.server, .proceeding, .success): .to(.completed, .send)
  case (.server, .trying, .failure), (.server, .proceeding, .failure): .to(.completed, .send)
  case (.server, .trying, .timer(.tooLate)), (.server, .proceeding, .timer(.tooLate)): .to(.terminated)
  case (.server, .completed, .timer(.j)): .to(.terminated)

  // §17.1.4 and §17.2.4; whoever has given or got a final answer needs no word of it.
  case (.client, .completed, .transportError), (.server, _, .transportError),
    (.inviteClient, .completed, .transportError), (.inviteClient, .accepted, .transportError),
    (.inviteServer, .confirmed, .transportError):
    .to(.terminated)
  case (_, _, .transportError): .to(.terminated, .reportTransport)
  default: nil
  }
}

/// The timers that run in a state: one that sends again or speaks up, and one that ends the state.
func timers(
  of machine: TransactionMachine, in state: TransactionState
) -> (repeating: TransactionTimer?, ending: TransactionTimer?) {
  switch (machine, state) {
  case (.inviteClient, .calling): (.a, .b)
  case (.inviteClient, .proceeding): (nil, .c)
  case (.inviteClient, .completed): (nil, .d)
  case (.inviteClient, .accepted): (nil, .m)
  case (.client, .trying), (.client, .proceeding): (.e, .f)
  case (.client, .completed): (nil, .k)
  case (.inviteServer, .proceeding): (.trying, nil)
  case (.inviteServer, .completed): (.g, .h)
  case (.inviteServer, .confirmed): (nil, .i)
  case (.inviteServer, .accepted): (.success, .l)
  case (.server, .trying), (.server, .proceeding): (nil, .tooLate)
  case (.server, .completed): (nil, .j)
  default: (nil, nil)
  }
}
