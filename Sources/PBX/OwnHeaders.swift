import Configuration
import SDP
import SIP
import Wire

/// What requests and responses say of the exchange.
extension Exchange {
  static let allow = methods.filter { $0 != .register }.map { $0.name }.joined(separator: ", ")

  /// What an INVITE and its 2xx say of us (RFC 3261 §13.2.1, §13.3.1.4).
  func addCapabilities(_ headers: inout Headers) {
    headers.append(.allow, Exchange.allow)
    headers.append(.accept, "application/sdp")
    headers.append(.allowEvents, EventPackage.names)
    headers.append(.supported, Exchange.extensions.joined(separator: ", "))
  }

  /// What a response that makes a dialog carries (§12.1.1).
  func addDialogHeaders(_ response: inout Response, _ request: Request, _ flow: Flow, user: String) {
    response.headers.copy(.recordRoute, from: request.headers)
    response.headers.append(.contact, contactHeader(flow, user: user))
    addCapabilities(&response.headers)
  }

  /// Where a phone reached by this flow finds us.
  func contactHeader(_ flow: Flow, user: String) -> String {
    var uri = URI(user: user, host: .address(ownAddress(flow)), port: flow.local.port)
    if flow.transport != .udp { uri.parameters["transport"] = flow.transport.parameterName }
    return NameAddress(uri).description
  }
}
