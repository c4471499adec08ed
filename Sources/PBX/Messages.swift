import Configuration
import Crypto
import SIP
import Wire

/// A MESSAGE on its way to the phones of its number (RFC 3428): a page, kept by nobody.
struct RelayedMessage: Sendable {
  let request: Request
  let from: String
  /// Phones that have not answered yet.
  var waiting: Int
  var failures: [Failure] = []
}

extension Exchange {
  /// MESSAGE outside of a call, of a sender that has proved to be `sender`.
  func relayMessage(_ request: Request, by sender: Extension, _ transaction: TransactionID) {
    guard let number = request.uri.dialledNumber, configuration.extensions[number] != nil else {
      return refuse(transaction, request, 404)
    }
    guard (try? request.headers.maxForwards) ?? 70 > 0 else { return refuse(transaction, request, 483) }
    let phones = registrations(of: number).prefix(Exchange.mostBranches)
    guard !phones.isEmpty else { return refuse(transaction, request, 480) }
    messages[transaction] = RelayedMessage(request: request, from: sender.number, waiting: phones.count)
    for phone in phones {
      _ = send(page(request, from: sender, to: number, phone), to: phone.flow, for: .message(transaction))
    }
  }

  private func page(_ original: Request, from sender: Extension, to number: String, _ phone: Binding) -> Request {
    var uri = phone.contact.uri
    uri.headers = []
    var from = NameAddress(displayName: sender.name, houseURI(sender.number))
    from.tag = newTag()
    var request = Request(.message, uri, body: original.body)
    request.headers.append(.maxForwards, String(((try? original.headers.maxForwards) ?? 70) - 1))
    request.headers.append(.from, from.description)
    request.headers.append(.to, NameAddress(houseURI(number)).description)
    request.headers.append(.callID, random.token(16))
    request.headers.append(.cSeq, CSeq(1, .message).description)
    for field in original.headers.fields where field.isOfMessage { request.headers.fields.append(field) }
    return request
  }

  /// A phone's answer, or nil where none came. The first that took it speaks for all (RFC 3428 §7); 202 stays 202.
  func messageResponded(_ transaction: TransactionID, _ response: Response?, _ status: Int) {
    guard response?.isProvisional != true, var message = messages[transaction] else { return }
    message.waiting -= 1
    if let response, response.isSuccess {
      messages[transaction] = nil
      return reply(
        transaction, Response(to: message.request, status: response.status == 202 ? 202 : 200, toTag: newTag()))
    }
    message.failures.append(Failure(status: status, response: response))
    guard message.waiting == 0, let worst = Failure.best(message.failures) else {
      messages[transaction] = message
      return
    }
    messages[transaction] = nil
    refuse(transaction, message.request, worst.isRedirection ? 480 : worst.statusForCaller)
  }
}

extension Headers.Field {
  /// What of a MESSAGE concerns who reads it (RFC 3428 §9, table 1).
  fileprivate var isOfMessage: Bool {
    switch name {
    case .contentType, .contentDisposition, .contentEncoding, .contentLanguage, .date, .subject, .priority, .expires,
      .inReplyTo:
      true
    default: false
    }
  }
}
