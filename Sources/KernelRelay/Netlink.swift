import CLinux
import CMnl
import Platform

/// A netlink socket to nf_tables, with room for one batch out and one answer in. Calls wait for the kernel, which answers
/// within a millisecond.
final class Netlink {
  /// A leg of 16 payload types takes 4 KB, and the kernel's answers come in pieces of at most 32 KB.
  private static let room = 64 << 10

  private let socket: OpaquePointer
  private let outgoing = UnsafeMutableRawPointer.allocate(byteCount: Netlink.room, alignment: 8)
  private let incoming = UnsafeMutableRawPointer.allocate(byteCount: Netlink.room, alignment: 8)
  private var sequence: UInt32 = 1

  /// What is in a message that came.
  struct Received {
    var type: UInt16
    var attributes: UnsafeRawBufferPointer
  }

  init() throws(KernelRelayError) {
    guard let socket = mnl_socket_open2(Int32(CMNL_NETFILTER), Int32(CMNL_CLOSE_ON_EXEC)) else {
      throw KernelRelayError(errno: clinux_errno())
    }
    guard mnl_socket_bind(socket, 0, 0) == 0, clinux_receive_timeout(mnl_socket_get_fd(socket), 2000) == 0 else {
      let number = clinux_errno()
      mnl_socket_close(socket)
      throw KernelRelayError(errno: number)
    }
    self.socket = socket
  }

  deinit {
    mnl_socket_close(socket)
    outgoing.deallocate()
    incoming.deallocate()
  }

  /// Has the kernel carry out what `build` adds; hands over what it says meanwhile (NLM_F_ECHO). The last message that
  /// `build` adds must ask for an acknowledgement.
  func commit(
    _ build: (inout NetlinkBatch) -> Void, heard: (Received) -> Void = { _ in }
  ) throws(KernelRelayError) {
    var batch = NetlinkBatch(at: outgoing, sequence: sequence)
    let first = sequence
    build(&batch)
    let last = batch.sequence &- 1
    batch.end()
    sequence = batch.sequence
    guard mnl_socket_sendto(socket, outgoing, batch.size) == batch.size else {
      throw KernelRelayError(errno: clinux_errno())
    }
    // A refusal comes for each message that failed, an acknowledgement of the last in any case but a refusal of all.
    var failure: Int32 = 0
    try receive(from: first, heard) { number, result in
      if failure == 0 { failure = result }
      return number == last || number == first && result != 0
    }
    if failure != 0 { throw KernelRelayError(errno: failure) }
  }

  /// Asks for a list, and hands over each message of it.
  func list(_ type: nf_tables_msg_types, _ family: UInt8, _ ask: (NetlinkMessage) -> Void, heard: (Received) -> Void)
    throws(KernelRelayError)
  {
    // A list stands alone, without the marks of a batch.
    let header = mnl_nlmsg_put_header(outgoing)!
    header.pointee.nlmsg_type = UInt16(CMNL_NF_TABLES) << 8 | number(type)
    header.pointee.nlmsg_flags = UInt16(NLM_F_REQUEST) | UInt16(truncatingIfNeeded: CMNL_DUMP)
    header.pointee.nlmsg_seq = sequence
    let specific = mnl_nlmsg_put_extra_header(header, MemoryLayout<nfgenmsg>.size)!
      .assumingMemoryBound(to: nfgenmsg.self)
    specific.pointee = nfgenmsg(nfgen_family: family, version: UInt8(NFNETLINK_V0), res_id: 0)
    ask(NetlinkMessage(header: header))
    let asked = sequence
    sequence &+= 1
    let size = Int(header.pointee.nlmsg_len)
    guard mnl_socket_sendto(socket, outgoing, size) == size else { throw KernelRelayError(errno: clinux_errno()) }
    var failure: Int32 = 0
    try receive(from: asked, heard) { _, result in
      failure = result
      return true
    }
    if failure != 0 { throw KernelRelayError(errno: failure) }
  }

  /// Takes messages until `ended`, which is told of each acknowledgement, says so. Those of earlier requests are stale.
  private func receive(
    from first: UInt32, _ heard: (Received) -> Void, ended: (UInt32, _ errno: Int32) -> Bool
  ) throws(KernelRelayError) {
    while true {
      let count = mnl_socket_recvfrom(socket, incoming, Self.room)
      guard count > 0 else {
        let number = clinux_errno()
        // The socket's buffer ran over: what was asked for last is lost, and whoever asked may ask again.
        throw count < 0 && number != EAGAIN ? .netlink(errno: number) : .noAnswer
      }
      var message = UnsafePointer(incoming.assumingMemoryBound(to: nlmsghdr.self))
      var rest = Int32(count)
      while mnl_nlmsg_ok(message, rest) {
        // What NLM_F_ECHO asks for has no number.
        if message.pointee.nlmsg_seq == 0 || message.pointee.nlmsg_seq &- first < UInt32.max / 2 {
          let type = message.pointee.nlmsg_type
          if type == UInt16(NLMSG_ERROR) || type == UInt16(NLMSG_DONE) {
            if ended(message.pointee.nlmsg_seq, -result(of: message)) { return }
          } else {
            let skipped = MemoryLayout<nfgenmsg>.size
            let payload = Int(mnl_nlmsg_get_payload_len(message)) - skipped
            if payload >= 0 {
              let start = mnl_nlmsg_get_payload(message)! + skipped
              heard(Received(type: type & 0xff, attributes: UnsafeRawBufferPointer(start: start, count: payload)))
            }
          }
        }
        message = UnsafePointer(mnl_nlmsg_next(message, &rest))
      }
    }
  }

  /// The number that an acknowledgement, a refusal or the end of a list begins with.
  private func result(of message: UnsafePointer<nlmsghdr>) -> Int32 {
    guard mnl_nlmsg_get_payload_len(message) >= 4 else { return 0 }
    return mnl_nlmsg_get_payload(message).loadUnaligned(as: Int32.self)
  }
}
