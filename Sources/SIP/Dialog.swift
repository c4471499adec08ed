import Wire

/// Our end of one dialog with a phone, or of a phone with the exchange (RFC 3261 §12), as a plain value.
public struct Dialog: Sendable {
  public let callID: String
  public let localTag: String
  /// What From of our requests says, with our tag.
  public let local: NameAddress
  /// What To of our requests says, with the phone's tag if it has one.
  public let remote: NameAddress
  /// The number of our last request; ACK and CANCEL take that of their INVITE.
  public private(set) var localCSeq: UInt32
  /// The number of the phone's last request, nil before its first.
  public private(set) var remoteCSeq: UInt32?
  /// The phone's Contact, or what stands for it.
  public private(set) var target: URI
  public let routes: [NameAddress]
  /// Whether our INVITE made it, so that its Call-ID is ours (§14.1).
  public let isOurs: Bool
  /// How the phone was last heard.
  public private(set) var flow: Flow
  /// Whether nothing translates addresses on that way, so that the port of the target counts.
  private var isStraight: Bool

  public var remoteTag: String? { remote.tag }

  /// The dialog that a 2xx of ours to this INVITE makes (§12.1.1).
  @export(interface)
  public init(answering request: Request, from flow: Flow, localTag: String) throws(SIPError) {
    self.localTag = localTag
    callID = try request.headers.callID
    var local = try request.headers.to
    local.tag = localTag
    self.local = local
    remote = try request.headers.from
    localCSeq = 0
    remoteCSeq = try request.headers.cSeq.number
    target = try request.remoteTarget
    routes = try request.headers.recordRoutes
    isOurs = false
    self.flow = flow
    isStraight = flow.isStraight(try request.headers.via)
  }

  /// The dialog that a phone's response to our INVITE makes (§12.1.2). Without a Contact, which it must not lack, the
  /// URI that was called serves; `flow` is the one that the INVITE went to.
  @export(interface)
  public init(answeredBy response: Response, called uri: URI, from flow: Flow) throws(SIPError) {
    let headers = response.headers
    local = try headers.from
    localTag = local.tag ?? ""
    remote = try headers.to
    callID = try headers.callID
    localCSeq = try headers.cSeq.number
    remoteCSeq = nil
    target = try headers.contacts.first?.uri ?? uri
    routes = try headers.recordRoutes.reversed()
    isOurs = true
    self.flow = flow
    // Where the INVITE went past the port that its URI names, the registrar found a translator.
    isStraight = flow.reaching(uri) == flow
  }

  /// Whether a request with this number is newer than all before it (§12.2.2); it then counts as the last.
  @export(interface)
  public mutating func accepts(_ cSeq: CSeq) -> Bool {
    if let last = remoteCSeq, cSeq.number <= last { return false }
    remoteCSeq = cSeq.number
    return true
  }

  /// Goes on from the numbers of the early dialog that this one confirms.
  @export(interface)
  public mutating func follow(_ early: Dialog) {
    localCSeq = max(localCSeq, early.localCSeq)
    remoteCSeq = early.remoteCSeq
  }

  /// Takes the Contact of a target refresh request or of its 2xx, and how the phone was heard (§12.2).
  @export(interface)
  public mutating func refresh(_ headers: Headers) {
    if let contact = try? headers.contacts.first { target = contact.uri }
  }

  /// The phone was heard by this flow. A datagram's source may be a proxy's; a connection is worth keeping.
  @export(interface)
  public mutating func heard(_ request: Request, by flow: Flow) {
    self.flow = flow
    if let via = try? request.headers.via { isStraight = flow.isStraight(via) }
  }

  /// The connection is gone: the next request has to find another way.
  @export(interface)
  public mutating func lost(_ closed: Flow) {
    if flow == closed { flow.connection = 0 }
  }

  /// The phone came back by another connection.
  @export(interface)
  public mutating func move(to other: Flow) { flow = other }

  /// A request went again under this number.
  @export(interface)
  public mutating func used(_ cSeq: UInt32) { localCSeq = max(localCSeq, cSeq) }

  /// A new request within the dialog (§12.2.1.1).
  @export(interface)
  public mutating func request(_ method: Method, contact: String?) -> Request {
    localCSeq &+= 1
    return request(method, cSeq: localCSeq, contact: contact)
  }

  /// The ACK of a 2xx to our INVITE of that number (§13.2.2.4).
  @export(interface)
  public func ack(_ inviteCSeq: UInt32) -> Request { request(.ack, cSeq: inviteCSeq, contact: nil) }

  private func request(_ method: Method, cSeq: UInt32, contact: String?) -> Request {
    var uri = target
    var route = routes
    if let first = routes.first, !first.uri.parameters.contains("lr") {
      // A strict router: it finds the target at the end of the route (§12.2.1.1).
      uri = first.uri
      route = Array(routes.dropFirst()) + [NameAddress(target)]
    }
    uri.headers = []
    var request = Request(method, uri)
    for hop in route { request.headers.append(.route, hop.description) }
    request.headers.append(.maxForwards, "70")
    request.headers.append(.from, local.description)
    request.headers.append(.to, remote.description)
    request.headers.append(.callID, callID)
    request.headers.append(.cSeq, CSeq(cSeq, method).description)
    if let contact { request.headers.append(.contact, contact) }
    return request
  }

  /// Where the dialog's requests go.
  public var nextHop: Flow {
    // `ob`: no way but the one that the phone opened (RFC 5626 §4.3).
    isStraight && !target.parameters.contains("ob") ? flow.reaching(routes.first?.uri ?? target) : flow
  }
}

extension Request {
  /// Where the caller wants the dialog's requests: its Contact. A client of RFC 2543 may leave it out (§6.13 there) and
  /// is then found by From.
  public var remoteTarget: URI {
    get throws(SIPError) {
      if let contact = try headers.contacts.first { return contact.uri }
      guard !(try headers.via.hasRFC3261Branch) else { throw .missingHeader(.contact) }
      return try headers.from.uri
    }
  }
}

extension Flow {
  /// Whether a request with this Via came by this flow without a translator of addresses between: what the phone says of
  /// where it sends from is where it came from. A phone that doesn't ask for the source port (RFC 3581 §1) may send from
  /// another than it listens at. A connection serves while it lasts; after that, only the Contact can help.
  public func isStraight(_ via: Via) -> Bool {
    guard transport == .udp else { return true }
    guard via.host == .address(remote.ip) else { return false }
    return !via.hasRport || via.port ?? transport.defaultPort == remote.port
  }

  /// How to reach what `uri` names, known that its owner was heard by this flow, straight. An open connection serves. A
  /// datagram goes to the port that the URI names, if the address is the one that was heard and the transport the same
  /// (RFC 3261 §16.6 step 7, §18.1.1).
  public func reaching(_ uri: URI) -> Flow {
    if transport.isReliable && connection != 0 { return self }
    guard uri.scheme == .sip, uri.host == .address(remote.ip), uri.names(transport) else { return self }
    var flow = self
    flow.remote.port = uri.port ?? transport.defaultPort
    return flow
  }
}

extension URI {
  /// Without a parameter any transport is meant.
  fileprivate func names(_ transport: Transport) -> Bool {
    parameters["transport"].map { Transport($0) == transport } ?? true
  }
}

extension Dialog: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    callID = try reader.value()
    localTag = try reader.value()
    local = try reader.value()
    remote = try reader.value()
    localCSeq = try reader.value()
    remoteCSeq = try reader.value()
    target = try reader.value()
    routes = try reader.value()
    isOurs = try reader.value()
    flow = try reader.value()
    isStraight = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(callID)
    writer.put(localTag)
    writer.put(local)
    writer.put(remote)
    writer.put(localCSeq)
    writer.put(remoteCSeq)
    writer.put(target)
    writer.put(routes)
    writer.put(isOurs)
    writer.put(flow)
    writer.put(isStraight)
  }
}
