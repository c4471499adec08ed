import CLinux
import CMnl
import Wire

/// The rules by which the kernel relays: for IPv4 and IPv6 a table of our own with one map and one chain. The chain sees
/// what comes in before anything else of the packet filter does. A packet whose source, our address, both ports, payload
/// type and SSRC are in the map gets addresses and ports from there, the mark for expedited forwarding, and is sent anew;
/// any other goes its way to our socket. Nothing is forwarded, so that the box becomes no router.
///
/// The tables are owned by this process's netlink socket (NFT_TABLE_F_OWNER, Linux 5.12): the kernel removes them when
/// the process ends, however it ends.
struct RuleSet {
  enum Family: UInt8, CaseIterable {
    case ipv4 = 2
    case ipv6 = 10

    init(_ ip: IPAddress) { self = ip.isIPv4 ? .ipv4 : .ipv6 }

    /// Octets of an address.
    var width: UInt32 { self == .ipv4 ? 4 : 16 }
    /// Addresses, ports, the twelve octets of RTP's header.
    var keySize: UInt32 { 2 * width + 4 + 12 }
    /// Addresses and ports.
    var dataSize: UInt32 { 2 * width + 4 }
    /// Where the IP header has the source address; the target follows it.
    var addressesAt: UInt32 { self == .ipv4 ? 12 : 8 }
    /// The octets of IP and UDP headers, which element counters include.
    var overhead: UInt64 { self == .ipv4 ? 28 : 48 }
  }

  static let table: StaticString = "sotto"
  static let map: StaticString = "legs"
  /// Of RTP's header the version, the payload type and the SSRC choose; marker, sequence and time do not.
  static let headerMask: [UInt8] = [0xc0, 0x7f, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]

  private static let chain: StaticString = "relay"
  /// Connection tracking begins at -200.
  private static let priority: Int32 = -300

  /// Makes the tables anew, empty.
  static func install(_ netlink: Netlink) throws(KernelRelayError) {
    do throws(KernelRelayError) {
      try netlink.commit { batch in
        for family in Family.allCases { add(family, &batch) }
      }
    } catch .notPermitted where (try? owned(netlink)) == true {
      throw .taken
    }
  }

  /// Whether someone else has the table.
  private static func owned(_ netlink: Netlink) throws(KernelRelayError) -> Bool {
    var found = false
    // Lists need the same right: whoever lacks it learns so here.
    try netlink.list(NFT_MSG_GETTABLE, Family.ipv4.rawValue, { _ in }) { received in
      eachAttribute(of: received.attributes) { type, payload in
        let named = table.withUTF8Buffer { $0.elementsEqual(payload.dropLast()) }
        if type == number(NFTA_TABLE_NAME), named { found = true }
      }
    }
    return found
  }

  private static func add(_ family: Family, _ batch: inout NetlinkBatch) {
    let raw = family.rawValue
    // Deleting what is not there fails, so it is made first.
    batch.add(NFT_MSG_NEWTABLE, raw, NLM_F_CREATE) { $0.put(NFTA_TABLE_NAME, table) }
    batch.add(NFT_MSG_DELTABLE, raw) { $0.put(NFTA_TABLE_NAME, table) }
    batch.add(NFT_MSG_NEWTABLE, raw, NLM_F_CREATE) {
      $0.put(NFTA_TABLE_NAME, table)
      $0.put(NFTA_TABLE_FLAGS, UInt32(NFT_TABLE_F_OWNER.rawValue))
    }
    batch.add(NFT_MSG_NEWSET, raw, NLM_F_CREATE) { message in
      message.put(NFTA_SET_TABLE, table)
      message.put(NFTA_SET_NAME, map)
      message.put(NFTA_SET_FLAGS, UInt32(NFT_SET_MAP.rawValue))
      // What nft calls an integer: its list shows keys and data as numbers.
      message.put(NFTA_SET_KEY_TYPE, 4)
      message.put(NFTA_SET_KEY_LEN, family.keySize)
      message.put(NFTA_SET_DATA_TYPE, 4)
      message.put(NFTA_SET_DATA_LEN, family.dataSize)
      message.put(NFTA_SET_ID, 1)
      message.nest(NFTA_SET_EXPR) {
        message.put(NFTA_EXPR_NAME, "counter")
        message.nest(NFTA_EXPR_DATA) {}
      }
    }
    batch.add(NFT_MSG_NEWCHAIN, raw, NLM_F_CREATE) { message in
      message.put(NFTA_CHAIN_TABLE, table)
      message.put(NFTA_CHAIN_NAME, chain)
      message.put(NFTA_CHAIN_TYPE, "filter")
      message.nest(NFTA_CHAIN_HOOK) {
        message.put(NFTA_HOOK_HOOKNUM, UInt32(CMNL_PREROUTING))
        message.put(NFTA_HOOK_PRIORITY, UInt32(bitPattern: priority))
      }
    }
    batch.add(NFT_MSG_NEWRULE, raw, NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK) { message in
      message.put(NFTA_RULE_TABLE, table)
      message.put(NFTA_RULE_CHAIN, chain)
      message.nest(NFTA_RULE_EXPRESSIONS) { Rule(message: message).relay(family) }
    }
  }
}

/// The expressions of the one rule. Registers are counted in words of 32 bits.
private struct Rule {
  let message: NetlinkMessage

  func relay(_ family: RuleSet.Family) {
    let words = family.width / 4
    let (addresses, ports, header) = (UInt32(0), 2 * words, 2 * words + 1)
    // UDP, and no fragment: the pieces of one datagram must stay together.
    switch family {
    case .ipv4:
      load(addresses, NFT_PAYLOAD_NETWORK_HEADER, 6, 4)
      mask(addresses, [0x3f, 0xff, 0, 0xff])
      require(addresses, [0, 0, 0, 17])
    case .ipv6:
      load(addresses, NFT_PAYLOAD_NETWORK_HEADER, 6, 1)
      require(addresses, [17])
    }
    load(addresses, NFT_PAYLOAD_NETWORK_HEADER, family.addressesAt, 2 * family.width)
    load(ports, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 4)
    load(header, NFT_PAYLOAD_TRANSPORT_HEADER, 8, 12)
    mask(header, RuleSet.headerMask)
    message.expression("lookup") {
      message.put(NFTA_LOOKUP_SET, RuleSet.map)
      message.put(NFTA_LOOKUP_SET_ID, 1)
      message.put(NFTA_LOOKUP_SREG, register(addresses))
      message.put(NFTA_LOOKUP_DREG, register(addresses))
    }
    // Expedited forwarding (RFC 3246) as on our sockets; congestion marks and what else the two octets hold stay.
    load(header, NFT_PAYLOAD_NETWORK_HEADER, 0, 2)
    mask(header, family == .ipv4 ? [0xff, 0x03] : [0xf0, 0x3f], flip: family == .ipv4 ? [0, 0xb8] : [0x0b, 0x80])
    store(header, NFT_PAYLOAD_NETWORK_HEADER, 0, 2, updatesChecksum: false)
    store(addresses, NFT_PAYLOAD_NETWORK_HEADER, family.addressesAt, 2 * family.width)
    store(ports, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 4)
    message.expression("dup") { message.put(NFTA_DUP_SREG_ADDR, register(words)) }
    message.expression("immediate") {
      message.put(NFTA_IMMEDIATE_DREG, UInt32(NFT_REG_VERDICT.rawValue))
      message.nest(NFTA_IMMEDIATE_DATA) {
        message.nest(NFTA_DATA_VERDICT) { message.put(NFTA_VERDICT_CODE, UInt32(CMNL_DROP)) }
      }
    }
  }

  private func register(_ word: UInt32) -> UInt32 { UInt32(NFT_REG32_00.rawValue) + word }

  private func load(_ word: UInt32, _ base: nft_payload_bases, _ offset: UInt32, _ count: UInt32) {
    message.expression("payload") {
      message.put(NFTA_PAYLOAD_DREG, register(word))
      message.put(NFTA_PAYLOAD_BASE, base.rawValue)
      message.put(NFTA_PAYLOAD_OFFSET, offset)
      message.put(NFTA_PAYLOAD_LEN, count)
    }
  }

  /// Writes to the packet. UDP's checksum is brought up to date where the packet has one; IP's is made anew when the
  /// packet is sent.
  private func store(
    _ word: UInt32, _ base: nft_payload_bases, _ offset: UInt32, _ count: UInt32, updatesChecksum: Bool = true
  ) {
    message.expression("payload") {
      message.put(NFTA_PAYLOAD_SREG, register(word))
      message.put(NFTA_PAYLOAD_BASE, base.rawValue)
      message.put(NFTA_PAYLOAD_OFFSET, offset)
      message.put(NFTA_PAYLOAD_LEN, count)
      message.put(NFTA_PAYLOAD_CSUM_TYPE, UInt32(NFT_PAYLOAD_CSUM_NONE.rawValue))
      message.put(NFTA_PAYLOAD_CSUM_OFFSET, 0)
      if updatesChecksum {
        message.put(NFTA_PAYLOAD_CSUM_FLAGS, UInt32(NFT_PAYLOAD_L4CSUM_PSEUDOHDR.rawValue))
      }
    }
  }

  private func mask(_ word: UInt32, _ bits: [UInt8], flip: [UInt8]? = nil) {
    message.expression("bitwise") {
      message.put(NFTA_BITWISE_SREG, register(word))
      message.put(NFTA_BITWISE_DREG, register(word))
      message.put(NFTA_BITWISE_LEN, UInt32(bits.count))
      message.data(NFTA_BITWISE_MASK, bits)
      message.data(NFTA_BITWISE_XOR, flip ?? [UInt8](repeating: 0, count: bits.count))
    }
  }

  private func require(_ word: UInt32, _ bytes: [UInt8]) {
    message.expression("cmp") {
      message.put(NFTA_CMP_SREG, register(word))
      message.put(NFTA_CMP_OP, UInt32(NFT_CMP_EQ.rawValue))
      message.data(NFTA_CMP_DATA, bytes)
    }
  }
}
