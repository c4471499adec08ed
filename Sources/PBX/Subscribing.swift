import Configuration
import SIP
import Wire

/// SUBSCRIBE and NOTIFY (RFC 6665): the exchange is the notifier.
extension Exchange {
  /// Seconds: what is granted where nothing is asked for, at most, and at least (else 423).
  private static let usualSubscription: UInt32 = 3600
  private static let shortestSubscription: UInt32 = 60

  /// The first SUBSCRIBE, of a phone that has proved to be `subscriber`'s.
  func subscribe(_ request: Request, by subscriber: Extension, from flow: Flow, _ transaction: TransactionID) {
    guard let event = request.headers[.event], let package = EventPackage(eventHeader: event) else {
      return refuseEvent(request, transaction)
    }
    guard let watched = request.uri.dialledNumber, configuration.extensions[watched] != nil else {
      return refuse(transaction, request, 404)
    }
    // Lamps show anybody of the house; messages are their owner's concern.
    guard package == .dialog || watched == subscriber.number else { return refuse(transaction, request, 403) }
    if let accept = (try? request.headers.accept) ?? nil, !accept.contains(where: { $0.covers(package.mediaType) }) {
      return refuse(transaction, request, 406)
    }
    guard let seconds = granted(request, transaction) else { return }
    guard subscriptions.count(of: subscriber.number) < Subscriptions.mostOfOne,
      subscriptions.byTag.count < Subscriptions.most
    else { return refuse(transaction, request, 503, retryAfter: 60) }
    guard let dialog = try? Dialog(answering: request, from: flow, localTag: newTag()) else {
      return refuse(transaction, request, 400)
    }
    let subscription = Subscription(
      subscriber: subscriber.number, watched: watched, package: package, event: event, dialog: dialog,
      expires: now + .seconds(Int64(seconds)))
    accept(request, transaction, subscription, seconds)
  }

  /// SUBSCRIBE in a dialog that it made: a refresh, or with Expires 0 the end (§4.1.2.2, §4.1.2.3).
  func resubscribe(_ request: Request, tag: String, from flow: Flow, _ transaction: TransactionID) {
    guard var subscription = subscriptions[tag], (try? request.headers.callID) == subscription.dialog.callID,
      (try? request.headers.from)?.tag == subscription.dialog.remoteTag
    else { return deny(request, transaction, 481) }
    guard let cSeq = try? request.headers.cSeq, subscription.dialog.accepts(cSeq) else {
      return refuse(transaction, request, 500)
    }
    guard request.method == .subscribe else { return refuse(transaction, request, 405) }
    guard let event = request.headers[.event], EventPackage(eventHeader: event) == subscription.package else {
      return refuseEvent(request, transaction)
    }
    guard let seconds = granted(request, transaction) else { return }
    subscription.dialog.heard(request, by: flow)
    subscription.dialog.refresh(request.headers)
    subscription.expires = now + .seconds(Int64(seconds))
    accept(request, transaction, subscription, seconds)
  }

  /// Every SUBSCRIBE is followed by a NOTIFY with all that there is to know (§4.2.1.2).
  private func accept(
    _ request: Request, _ transaction: TransactionID, _ subscription: Subscription, _ seconds: UInt32
  ) {
    let tag = subscription.dialog.localTag
    var response = Response(to: request, status: 200, toTag: tag)
    response.headers.append(.expires, String(seconds))
    response.headers.copy(.recordRoute, from: request.headers)
    response.headers.append(.contact, contactHeader(subscription.dialog.flow, user: subscription.watched))
    reply(transaction, response)
    subscriptions.set(tag, subscription)
    tell(tag, ending: seconds == 0 ? "timeout" : nil)
  }

  private func refuseEvent(_ request: Request, _ transaction: TransactionID) {
    var response = refusal(of: request, 489)
    response.headers.append(.allowEvents, EventPackage.names)
    reply(transaction, response)
  }

  private func granted(_ request: Request, _ transaction: TransactionID) -> UInt32? {
    guard let asked = (try? request.headers.expires) ?? nil else { return Exchange.usualSubscription }
    guard asked == 0 || asked >= Exchange.shortestSubscription else {
      var response = refusal(of: request, 423)
      response.headers.append(.minExpires, String(Exchange.shortestSubscription))
      reply(transaction, response)
      return nil
    }
    return min(asked, Exchange.usualSubscription)
  }

  // MARK: NOTIFY

  /// Tells a subscriber how things are, and with `ending` why it is told no more.
  func tell(_ tag: String, ending: String? = nil) {
    guard var subscription = subscriptions[tag] else { return }
    let document = document(subscription)
    var notify = subscription.dialog.request(
      .notify, contact: contactHeader(subscription.dialog.flow, user: subscription.watched))
    notify.headers.append(.event, subscription.event)
    notify.headers.append(
      .subscriptionState,
      ending.map { "terminated;reason=" + $0 } ?? "active;expires=\(subscription.secondsLeft(now))")
    notify.headers.append(.contentType, subscription.package.mediaType.description)
    notify.body = document.told(subscription.version)
    subscription.version &+= 1
    subscription.told = document.content
    subscriptions.set(tag, subscription)
    _ = send(notify, to: subscription.dialog.nextHop, for: ending == nil ? .notice(tag) : nil)
    if ending != nil { subscriptions.remove(tag) }
  }

  /// A subscriber that has gone, or knows nothing of its subscription, is told no more (§4.2.2).
  func noticeFailed(_ tag: String, _ status: Int) {
    if status == 481 || status == 408 || status == 404 || status == 410 || status >= 600 { subscriptions.remove(tag) }
  }

  /// Ends what has not been refreshed.
  func expireSubscriptions() {
    for tag in subscriptions.expired(by: now).sorted() { tell(tag, ending: "timeout") }
  }

  /// Tells everybody who watches a number whose calls or messages have changed, once the event at work is done.
  func spreadChanges() {
    guard !changedNumbers.isEmpty else { return }
    let changed = changedNumbers
    changedNumbers = []
    let tags = subscriptions.byTag.filter { changed.contains($0.value.watched) }.map { $0.key }.sorted()
    for tag in tags {
      guard let subscription = subscriptions[tag], document(subscription).content != subscription.told else { continue }
      tell(tag)
    }
  }

  /// A call has changed: those who watch its numbers may have to be told.
  func noteChange(_ call: Call) {
    guard !subscriptions.isEmpty else { return }
    for number in call.numbers + (calls[call.number]?.numbers ?? []) where subscriptions.isWatched(number) {
      changedNumbers.insert(number)
    }
  }

  /// How many messages wait for a number, new and heard ones.
  @export(interface)
  public func setMessages(_ number: String, new: UInt32, old: UInt32, now: Instant) {
    self.now = now
    mailboxes[number] = new == 0 && old == 0 ? nil : Mailbox(new: new, old: old)
    if subscriptions.isWatched(number) { changedNumbers.insert(number) }
    drainLayer()
  }

  private func document(_ subscription: Subscription) -> EventDocument {
    switch subscription.package {
    case .dialog: dialogInformation(of: subscription.watched)
    case .messageSummary: messageSummary(of: subscription.watched)
    }
  }
}

extension EventPackage {
  /// Of an Event header; its parameters name the subscription, not the package.
  init?(eventHeader text: String) {
    let name = text.utf8.prefix { $0 != UInt8(ascii: ";") && !isBlank($0) }
    self.init(rawValue: lowercasedASCII(String(decoding: name, as: UTF8.self)))
  }
}
