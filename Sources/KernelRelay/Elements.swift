import CMnl
import Platform
import Wire

/// A leg as it lies in the maps, with the addresses of ours that its phones know.
struct PlacedLeg: Equatable {
  let family: RuleSet.Family
  /// One for each payload type.
  let keys: [[UInt8]]
  let data: [UInt8]

  /// Asks the routes for our addresses. A packet to another address of ours comes to the socket, as if there were no leg.
  init(_ leg: KernelLeg) throws(KernelRelayError) {
    guard let entry = Network.localAddress(toward: leg.source), let exit = Network.localAddress(toward: leg.target)
    else { throw .noRoute }
    family = RuleSet.Family(leg.source.ip)
    let path = Self.octets(leg.source.ip) + Self.octets(entry) + Self.octets(leg.source.port) + Self.octets(leg.port)
    keys = (UInt8(0)..<128).filter { leg.types.contains($0) }.map { type in
      path + [0x80, type, 0, 0, 0, 0, 0, 0] + Self.octets(leg.ssrc)
    }
    data = Self.octets(exit) + Self.octets(leg.target.ip) + Self.octets(leg.exit) + Self.octets(leg.target.port)
  }

  private static func octets(_ number: some FixedWidthInteger) -> [UInt8] {
    (0..<number.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
  }

  private static func octets(_ ip: IPAddress) -> [UInt8] {
    ip.isIPv4 ? octets(UInt32(truncatingIfNeeded: ip.low)) : octets(ip.high) + octets(ip.low)
  }
}

/// Elements of the maps. Each carries its leg's label as a comment, which `nft list` shows.
enum Elements {
  static func add(_ number: UInt32, _ leg: PlacedLeg, _ netlink: Netlink) throws(KernelRelayError) {
    try netlink.commit { batch in
      batch.add(NFT_MSG_NEWSETELEM, leg.family.rawValue, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK) { message in
        name(message)
        message.nest(NFTA_SET_ELEM_LIST_ELEMENTS) {
          for key in leg.keys {
            message.nest(NFTA_LIST_ELEM) {
              message.data(NFTA_SET_ELEM_KEY, key)
              message.data(NFTA_SET_ELEM_DATA, leg.data)
              message.put(NFTA_SET_ELEM_USERDATA, comment(number))
            }
          }
        }
      }
    }
  }

  /// Removes them; returns what they had counted.
  static func remove(_ leg: PlacedLeg, _ netlink: Netlink) throws(KernelRelayError) -> KernelCount {
    var sum = KernelCount()
    try netlink.commit { batch in
      batch.add(NFT_MSG_DELSETELEM, leg.family.rawValue, NLM_F_ECHO | NLM_F_ACK) { message in
        name(message)
        message.nest(NFTA_SET_ELEM_LIST_ELEMENTS) {
          for key in leg.keys { message.nest(NFTA_LIST_ELEM) { message.data(NFTA_SET_ELEM_KEY, key) } }
        }
      }
    } heard: { received in
      guard received.type == number(NFT_MSG_DELSETELEM) else { return }
      each(received, leg.family) { _, count in
        sum.packets &+= count.packets
        sum.octets &+= count.octets
      }
    }
    return sum
  }

  static func removeAll(_ netlink: Netlink) throws(KernelRelayError) {
    try netlink.commit { batch in
      for family in RuleSet.Family.allCases {
        batch.add(NFT_MSG_DELSETELEM, family.rawValue, NLM_F_ACK) { name($0) }
      }
    }
  }

  /// What each leg's elements have counted together.
  static func count(_ family: RuleSet.Family, _ netlink: Netlink, into sums: inout [UInt32: KernelCount])
    throws(KernelRelayError)
  {
    var found: [UInt32: KernelCount] = [:]
    try netlink.list(NFT_MSG_GETSETELEM, family.rawValue, { name($0) }) { received in
      each(received, family) { number, count in
        var sum = found[number] ?? KernelCount()
        sum.packets &+= count.packets
        sum.octets &+= count.octets
        found[number] = sum
      }
    }
    for (number, sum) in found { sums[number] = sum }
  }

  private static func name(_ message: NetlinkMessage) {
    message.put(NFTA_SET_ELEM_LIST_TABLE, RuleSet.table)
    message.put(NFTA_SET_ELEM_LIST_SET, RuleSet.map)
  }

  // MARK: what the kernel says of elements

  private static func each(
    _ received: Netlink.Received, _ family: RuleSet.Family, _ body: (UInt32, KernelCount) -> Void
  ) {
    eachAttribute(of: received.attributes) { type, list in
      guard type == number(NFTA_SET_ELEM_LIST_ELEMENTS) else { return }
      eachAttribute(of: list) { _, element in
        var named: UInt32 = 0
        var count = KernelCount()
        eachAttribute(of: element) { type, payload in
          switch type {
          case number(NFTA_SET_ELEM_USERDATA): named = numberOf(comment: payload)
          case number(NFTA_SET_ELEM_EXPR): count = counter(payload)
          default: break
          }
        }
        count.octets = count.octets &- count.packets &* family.overhead
        body(named, count)
      }
    }
  }

  private static func counter(_ expression: UnsafeRawBufferPointer) -> KernelCount {
    var count = KernelCount()
    eachAttribute(of: expression) { type, data in
      guard type == number(NFTA_EXPR_DATA) else { return }
      eachAttribute(of: data) { type, payload in
        guard payload.count == 8 else { return }
        let value = UInt64(bigEndian: payload.loadUnaligned(as: UInt64.self))
        if type == number(NFTA_COUNTER_PACKETS) { count.packets = value }
        if type == number(NFTA_COUNTER_BYTES) { count.octets = value }
      }
    }
    return count
  }

  /// As nft keeps comments: kind 0, length, text with a NUL.
  private static func comment(_ number: UInt32) -> [UInt8] {
    let text = Array(String(number).utf8)
    return [0, UInt8(text.count + 1)] + text + [0]
  }

  private static func numberOf(comment: UnsafeRawBufferPointer) -> UInt32 {
    guard comment.count > 3, comment[0] == 0 else { return 0 }
    var number: UInt32 = 0
    for octet in comment[2..<comment.count - 1] {
      guard let digit = UInt8(exactly: Int(octet) - 48), digit < 10 else { return 0 }
      number = number &* 10 &+ UInt32(digit)
    }
    return number
  }
}
