import Platform
import RTP
import Wire

/// Packets that the exchange makes itself, from where they are made to where they are sent. Its memory is taken once.
final class Outbox {
  /// Room for what a batch of packets can become: six of 10 ms for each of 60.
  static let capacity = 512
  static let longest = 1500

  struct Letter {
    var count = 0
    var side = Side.a
    var isControl = false
    /// Nil until it is addressed, and where it has nowhere to go.
    var target: PacketTarget?
  }

  private let octets = UnsafeMutableRawPointer.allocate(byteCount: Outbox.capacity * Outbox.longest, alignment: 16)
  private let letters = UnsafeMutablePointer<Letter>.allocate(capacity: Outbox.capacity)
  private var taken = 0
  private var addressed = 0
  /// How many were written since it was last empty.
  private(set) var written = 0
  /// Keys that were heard on the way and are signalling's concern.
  var digits: [(from: Side, digit: UInt8, milliseconds: Int)] = []
  /// Packets for which there was no room.
  private(set) var overflow: UInt64 = 0

  init() { letters.initialize(repeating: Letter(), count: Self.capacity) }

  deinit {
    octets.deallocate()
    letters.deallocate()
  }

  /// Lends room for a packet to `body`, which returns how many octets it wrote; 0 takes it back.
  func write(to side: Side, isControl: Bool = false, _ body: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
    guard written < Self.capacity else {
      overflow &+= 1
      return 0
    }
    let room = UnsafeMutableRawBufferPointer(start: octets + written * Self.longest, count: Self.longest)
    let count = body(room)
    guard count > 0, count <= Self.longest else { return 0 }
    letters[written] = Letter(count: count, side: side, isControl: isControl)
    written += 1
    return count
  }

  /// Writes a packet whose way is known already.
  func post(_ packet: [UInt8], to target: PacketTarget) {
    let before = written
    let count = write(to: .a) { room in
      guard packet.count <= room.count else { return 0 }
      room.copyBytes(from: packet)
      return packet.count
    }
    guard count > 0 else { return }
    letters[before].target = target
  }

  /// Says where each packet goes that was written since this was last done, and of how many octets it is then: the room
  /// that begins with it is lent.
  func address(_ target: (Letter, UnsafeMutableRawBufferPointer) -> (PacketTarget, Int)?) {
    while addressed < written {
      let room = UnsafeMutableRawBufferPointer(start: octets + addressed * Self.longest, count: Self.longest)
      if letters[addressed].target == nil, let (target, count) = target(letters[addressed], room) {
        letters[addressed].target = target
        letters[addressed].count = count
      }
      addressed += 1
    }
  }

  /// Copies the next packet out; nil where there is none.
  @inline(__always)
  func next(into packet: UnsafeMutableRawBufferPointer) -> (count: Int, target: PacketTarget)? {
    if written == 0 { return nil }
    return take(packet)
  }

  private func take(_ packet: UnsafeMutableRawBufferPointer) -> (count: Int, target: PacketTarget)? {
    while taken < written {
      let letter = letters[taken]
      let start = octets + taken * Self.longest
      taken += 1
      guard let target = letter.target, letter.count <= packet.count else { continue }
      packet.copyMemory(from: UnsafeRawBufferPointer(start: start, count: letter.count))
      return (letter.count, target)
    }
    taken = 0
    addressed = 0
    written = 0
    return nil
  }

  /// The packets written, for tests.
  var packets: [(letter: Letter, octets: [UInt8])] {
    (taken..<written).map { i in
      (letters[i], Array(UnsafeRawBufferPointer(start: octets + i * Self.longest, count: letters[i].count)))
    }
  }
}
