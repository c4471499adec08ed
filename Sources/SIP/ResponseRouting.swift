import Wire

extension Request {
  /// Notes in the topmost Via where the request came from (RFC 3261 §18.2.1, RFC 3581 §4) and returns that Via.
  mutating func stampSource(of flow: Flow) throws(SIPError) -> Via {
    var via = try headers.via
    let wantsPort = via.hasRport
    // What a sender claims here itself is never believed.
    let claimed = via.parameters.contains("received")
    guard wantsPort || claimed || via.host != .address(flow.remote.ip) else { return via }
    via.received = flow.remote.ip
    if wantsPort { via.rport = flow.remote.port }
    headers.replace(via)
    return via
  }
}

extension Flow {
  /// Where responses to a request go that came by this flow (RFC 3261 §18.2.2, RFC 3581 §4): back over a connection, and
  /// to the source address over UDP, at the port that it came from if it asks so, else at the one that Via names.
  ///
  /// `maddr` is not followed: no phone sets it, and it would let anyone aim our answers at others.
  @export(interface)
  public func replying(to via: Via) -> Flow {
    guard transport == .udp, !via.hasRport else { return self }
    var flow = self
    flow.remote.port = via.port ?? transport.defaultPort
    return flow
  }
}
