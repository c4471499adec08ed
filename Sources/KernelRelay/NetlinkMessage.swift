import CMnl

/// The numbers of the kernel's headers are C enums, each a type of its own.
func number(_ constant: some RawRepresentable<UInt32>) -> UInt16 { UInt16(truncatingIfNeeded: constant.rawValue) }

/// A netlink message of nf_tables in the making. There must be room for what is put.
struct NetlinkMessage {
  let header: UnsafeMutablePointer<nlmsghdr>

  func put(_ type: some RawRepresentable<UInt32>, _ value: UInt32) {
    mnl_attr_put_u32(header, number(type), value.bigEndian)
  }

  func put(_ type: some RawRepresentable<UInt32>, _ text: StaticString) {
    text.withUTF8Buffer { bytes in
      // The buffer's NUL goes along.
      mnl_attr_put(header, number(type), bytes.count + 1, bytes.baseAddress)
    }
  }

  func put(_ type: some RawRepresentable<UInt32>, _ bytes: [UInt8]) {
    bytes.withUnsafeBytes { mnl_attr_put(header, number(type), $0.count, $0.baseAddress) }
  }

  func nest(_ type: some RawRepresentable<UInt32>, _ body: () -> Void) {
    let start = mnl_attr_nest_start(header, number(type))
    body()
    mnl_attr_nest_end(header, start)
  }

  /// Bytes as nf_tables takes them for a register.
  func data(_ type: some RawRepresentable<UInt32>, _ bytes: [UInt8]) {
    nest(type) { put(NFTA_DATA_VALUE, bytes) }
  }

  /// One expression of a rule.
  func expression(_ name: StaticString, _ body: () -> Void) {
    nest(NFTA_LIST_ELEM) {
      put(NFTA_EXPR_NAME, name)
      nest(NFTA_EXPR_DATA, body)
    }
  }
}

/// Several messages that the kernel carries out together or not at all.
struct NetlinkBatch {
  private let start: UnsafeMutableRawPointer
  private(set) var size = 0
  private(set) var sequence: UInt32

  /// `sequence` was not used before.
  init(at start: UnsafeMutableRawPointer, sequence: UInt32) {
    self.start = start
    self.sequence = sequence
    mark(UInt16(CMNL_BATCH_BEGIN))
  }

  /// Adds a message on nf_tables.
  mutating func add(
    _ type: nf_tables_msg_types, _ family: UInt8, _ flags: Int32 = 0, _ body: (NetlinkMessage) -> Void
  ) {
    let header = open(UInt16(CMNL_NF_TABLES) << 8 | number(type), family, flags)
    body(NetlinkMessage(header: header))
    close(header)
  }

  /// The end of it; the message before is the one that is acknowledged.
  mutating func end() { mark(UInt16(CMNL_BATCH_END)) }

  private mutating func mark(_ type: UInt16) {
    let header = open(type, 0, 0)
    let specific = mnl_nlmsg_get_payload(header).assumingMemoryBound(to: nfgenmsg.self)
    specific.pointee.res_id = UInt16(CMNL_NF_TABLES).bigEndian
    close(header)
  }

  private mutating func open(_ type: UInt16, _ family: UInt8, _ flags: Int32) -> UnsafeMutablePointer<nlmsghdr> {
    let header = mnl_nlmsg_put_header(start + size)!
    header.pointee.nlmsg_type = type
    header.pointee.nlmsg_flags = UInt16(NLM_F_REQUEST) | UInt16(truncatingIfNeeded: flags)
    header.pointee.nlmsg_seq = sequence
    let specific = mnl_nlmsg_put_extra_header(header, MemoryLayout<nfgenmsg>.size)!
      .assumingMemoryBound(to: nfgenmsg.self)
    specific.pointee = nfgenmsg(nfgen_family: family, version: UInt8(NFNETLINK_V0), res_id: 0)
    return header
  }

  private mutating func close(_ header: UnsafeMutablePointer<nlmsghdr>) {
    size += (Int(header.pointee.nlmsg_len) + 3) & ~3
    sequence &+= 1
  }
}

/// Calls `body` with each attribute of a block and its payload.
func eachAttribute(of bytes: UnsafeRawBufferPointer, _ body: (UInt16, UnsafeRawBufferPointer) -> Void) {
  guard let start = bytes.baseAddress else { return }
  var attribute = start.assumingMemoryBound(to: nlattr.self)
  var rest = bytes.count
  while mnl_attr_ok(attribute, Int32(truncatingIfNeeded: rest)) {
    let count = Int(mnl_attr_get_payload_len(attribute))
    body(mnl_attr_get_type(attribute), UnsafeRawBufferPointer(start: mnl_attr_get_payload(attribute), count: count))
    guard let next = mnl_attr_next(attribute) else { return }
    rest -= UnsafeRawPointer(next) - UnsafeRawPointer(attribute)
    attribute = UnsafePointer(next)
  }
}
