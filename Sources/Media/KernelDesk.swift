import KernelRelay
import Wire

/// What one media thread has in the kernel: which legs, under which numbers, and what they came to.
struct KernelDesk: Sendable {
  /// Loss goes unseen in the kernel, and with it how far the sequence number went on. So after this many packets one is
  /// looked at here, long before losses could reach the 3000 that RFC 3550 A.1 allows.
  static let unseen: UInt64 = 1500
  /// A leg whose packets keep coming here is not for the kernel: the phone sends to another address of ours.
  static let mostSlipped: UInt8 = 100

  /// A leg's place at the desk.
  struct Hold: Sendable {
    /// 0: the kernel does not have it.
    var number: UInt32 = 0
    var leg: KernelLeg?
    /// Packets that came here although the kernel has the leg, since the kernel last counted one.
    var slipped: UInt8 = 0
    /// What the kernel did not manage; not tried again until something else is wanted.
    var givenUp: KernelLeg?
  }

  /// Whose number it is: a leg of a stream in this place, or of one that was closed.
  struct Holder: Sendable {
    var entry: Int?
    var stream: StreamID
    var side: Side
    /// What was counted before.
    var seen = KernelCount()
  }

  /// Whether there is a helper.
  private(set) var isOpen = false
  private(set) var requests: [RelayRequest] = []
  private var holders: [UInt32: Holder] = [:]
  /// Numbers of different threads differ.
  private var next: UInt32
  private let first: UInt32
  private let step: UInt32

  init(first: UInt32, step: UInt32) {
    next = first
    self.first = first
    self.step = step
  }

  var isEmpty: Bool { holders.isEmpty }

  mutating func open() { isOpen = true }

  /// The helper is gone, and so are all legs.
  mutating func close() {
    isOpen = false
    holders = [:]
    requests = []
  }

  mutating func takeRequests() -> [RelayRequest] {
    let taken = requests
    requests = []
    return taken
  }

  mutating func askForCounts() { requests.append(.count) }

  /// What was found there has been looked at.
  mutating func settle() { requests.append(.settled) }

  /// `seen` of a leg that the kernel has already.
  mutating func take(
    _ leg: KernelLeg, entry: Int, stream: StreamID, side: Side, seen: KernelCount = KernelCount()
  ) -> Hold {
    let number = next
    next &+= step
    // After 2³² legs it begins again.
    if next < step { next = first }
    holders[number] = Holder(entry: entry, stream: stream, side: side, seen: seen)
    requests.append(.take(number, leg))
    return Hold(number: number, leg: leg)
  }

  mutating func leave(_ number: UInt32) { requests.append(.leave(number)) }

  /// The stream is closed; returns how many last counts are still to come.
  mutating func orphan(_ stream: StreamID) -> Int {
    let numbers = holders.filter { $0.value.stream == stream }.map { $0.key }
    for number in numbers { holders[number]?.entry = nil }
    return numbers.count
  }

  /// Whose number that is, and what it counted since the last time.
  mutating func count(_ number: UInt32, _ count: KernelCount, isLast: Bool) -> (holder: Holder, fresh: KernelCount)? {
    guard var holder = holders[number] else { return nil }
    // The last count of a leg that was refused is zero.
    let fresh =
      count.packets < holder.seen.packets
      ? KernelCount()
      : KernelCount(packets: count.packets - holder.seen.packets, octets: count.octets &- holder.seen.octets)
    holder.seen = count
    holders[number] = isLast ? nil : holder
    return (holder, fresh)
  }

  mutating func forget(_ number: UInt32) -> Holder? { holders.removeValue(forKey: number) }
}
