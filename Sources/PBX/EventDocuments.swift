import Configuration
import SIP
import Wire

/// What a NOTIFY holds: its head may name the version, the content is compared with what was told before.
struct EventDocument {
  /// What stands before and after the version.
  var head = ""
  var tail = ""
  let content: [UInt8]

  func told(_ version: UInt32) -> [UInt8] {
    head.isEmpty ? content : Array((head + String(version) + tail).utf8) + content
  }
}

/// Messages that wait for a number.
struct Mailbox: Sendable {
  let new: UInt32
  let old: UInt32
}

extension Exchange {
  /// RFC 4235 §4: each call of a number, whole each time.
  func dialogInformation(of number: String) -> EventDocument {
    var text = "\" state=\"full\" entity=\"" + escapedXML(houseURI(number).description) + "\">\r\n"
    let tail = text
    text = ""
    for key in calls.keys.sorted() {
      guard let call = calls[key] else { continue }
      for seen in call.dialogs(of: number) { text += element(seen, of: number) }
    }
    text += "</dialog-info>\r\n"
    let head =
      "<?xml version=\"1.0\"?>\r\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\""
    return EventDocument(head: head, tail: tail, content: Array(text.utf8))
  }

  private func element(_ seen: SeenDialog, of number: String) -> String {
    var text = "<dialog id=\"" + escapedXML(seen.id) + "\""
    if let name = seen.name {
      text += " call-id=\"" + escapedXML(name.callID) + "\" local-tag=\"" + escapedXML(name.remoteTag)
      text += "\" remote-tag=\"" + escapedXML(name.localTag) + "\""
    }
    text += " direction=\"" + (seen.isCaller ? "initiator" : "recipient") + "\">"
    text += "<state>" + seen.state + "</state>"
    text += "<local><identity>" + escapedXML(houseURI(number).description) + "</identity></local>"
    text += "<remote><identity"
    if let display = configuration.extensions[seen.other]?.name { text += " display=\"" + escapedXML(display) + "\"" }
    let other = seen.other.isEmpty ? "sip:anonymous@anonymous.invalid" : houseURI(seen.other).description
    text += ">" + escapedXML(other) + "</identity><target uri=\"" + escapedXML(other) + "\"/></remote></dialog>\r\n"
    return text
  }

  /// RFC 3842 §3.5.
  func messageSummary(of number: String) -> EventDocument {
    let mailbox = mailboxes[number] ?? Mailbox(new: 0, old: 0)
    let text =
      "Messages-Waiting: " + (mailbox.new > 0 ? "yes" : "no") + "\r\nMessage-Account: "
      + houseURI(number).description + "\r\nVoice-Message: \(mailbox.new)/\(mailbox.old) (0/0)\r\n"
    return EventDocument(content: Array(text.utf8))
  }
}

/// A call as it looks from one number.
struct SeenDialog {
  let id: String
  /// The phone's dialog, seen from the exchange, by which another phone can take it; nil before there is one.
  let name: DialogName?
  let isCaller: Bool
  let state: String
  /// The other number; empty where it isn't told.
  let other: String
}

extension Call {
  /// The dialogs that this call means to a number.
  func dialogs(of number: String) -> [SeenDialog] {
    var seen: [SeenDialog] = []
    let hidden = caller.isPrivate ? "" : caller.number
    switch state {
    case .ringing(let ringing):
      if caller.number == number, case .invite(let invite) = caller.origin {
        let tag = ringing.branches.first?.callerTag ?? ""
        let name = DialogName(callID: invite.key.callID, localTag: tag, remoteTag: invite.key.fromTag)
        seen.append(
          SeenDialog(id: "c\(self.number)", name: name, isCaller: true, state: "early", other: callee))
      }
      if ringing.numbers.last == number {
        let branch = ringing.branches.first { $0.failure == nil && !$0.early.isEmpty }
        let name = branch?.early.first.map {
          DialogName(callID: $0.dialog.callID, localTag: $0.dialog.localTag, remoteTag: $0.dialog.remoteTag ?? "0")
        }
        seen.append(
          SeenDialog(id: "d\(self.number)", name: name, isCaller: false, state: "early", other: hidden))
      }
    case .talking(let talking):
      for side in [CallSide.caller, .callee] {
        guard party(side) == number, let leg = talking[side], leg.isOpen else { continue }
        let name = DialogName(
          callID: leg.dialog.callID, localTag: leg.dialog.localTag, remoteTag: leg.dialog.remoteTag ?? "0")
        let other = side == .callee ? hidden : party(.callee)
        seen.append(
          SeenDialog(
            id: (side == .caller ? "c" : "d") + "\(self.number)", name: name, isCaller: side == .caller,
            state: "confirmed", other: other))
      }
    case .ending, .over: break
    }
    return seen
  }

  /// Those whose lamps the call changes.
  var numbers: [String] {
    if case .ringing(let ringing) = state { return [caller.number, callee] + ringing.numbers }
    return [caller.number, callee]
  }
}

/// The text with what XML gives a meaning written as entities; characters that it can't hold are left out.
func escapedXML(_ text: String) -> String {
  var escaped: [UInt8] = []
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "&"): escaped += Array("&amp;".utf8)
    case UInt8(ascii: "<"): escaped += Array("&lt;".utf8)
    case UInt8(ascii: ">"): escaped += Array("&gt;".utf8)
    case UInt8(ascii: "\""): escaped += Array("&quot;".utf8)
    case 0..<32: continue
    default: escaped.append(byte)
    }
  }
  return String(decoding: escaped, as: UTF8.self)
}
