/// What a message is matched with its transaction by: RFC 3261 §17.1.3 for a response, §17.2.3 for a request.
struct TransactionKey: Hashable, Sendable {
  /// The branch; of an RFC 2543 request all that §17.2.3 compares instead.
  let text: String
  /// The sender of a request; an empty name for a client transaction and for RFC 2543.
  let sentBy: Host
  let port: UInt16?
  let method: Method

  /// Of a client transaction, or of a response by its topmost Via and CSeq.
  init(branch: String, _ method: Method) {
    text = branch
    sentBy = .name("")
    port = nil
    self.method = method
  }

  /// Of the transaction that a request belongs to; an ACK and, with `cancelled`, a CANCEL belong to an INVITE's.
  /// Nil where the tags that RFC 2543 matching needs are malformed.
  init?(_ request: Request, _ via: Via, cancelled: Bool = false) {
    let isInvites = request.method == .ack || cancelled
    method = isInvites ? .invite : request.method
    if via.hasRFC3261Branch, let branch = via.branch {
      text = branch
      sentBy = via.host
      port = via.port
      return
    }
    guard let from = try? request.headers.from.tag ?? "", let to = try? request.headers.to.tag ?? "",
      let number = try? request.headers.cSeq.number
    else { return nil }
    text = TransactionKey.text(request, via, from: from, to: to, number)
    sentBy = .name("")
    port = nil
  }

  /// How the ACK of this response to an RFC 2543 INVITE will be found: its To has the response's tag.
  init?(ackOf response: Response, to request: Request, _ via: Via) {
    guard !via.hasRFC3261Branch, let from = try? request.headers.from.tag ?? "",
      let to = try? response.headers.to.tag ?? "", let number = try? request.headers.cSeq.number
    else { return nil }
    text = TransactionKey.text(request, via, from: from, to: to, number)
    sentBy = .name("")
    port = nil
    method = .invite
  }

  private static func text(_ request: Request, _ via: Via, from: String, to: String, _ number: UInt32) -> String {
    // Values hold no line feed, so that these parts can't be shifted into each other.
    [request.uri.description, from, to, request.headers[.callID] ?? "", String(number), via.description]
      .joined(separator: "\n")
  }
}
