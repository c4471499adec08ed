import Crypto
import Wire

@testable import SecureVoice

/// A model of the exchange as the attacker: it sees every payload and decides what goes on. To sit in the middle it plays
/// a Sotto phone towards each end, with identities and secrets of its own.
final class MiddleMan {
  /// Its two phones: 0 plays the far phone towards end 0, 1 towards end 1.
  var phones: [SecureCall]
  /// What it heard of each end.
  var heard: [[[UInt8]]] = [[], []]
  private var now = Instant.zero

  init(_ phones: [SecureCall]) { self.phones = phones }

  /// Strangers to both ends, of whom each knows the identity that it is shown.
  convenience init(identity: [UInt8] = [UInt8](repeating: 66, count: 32)) {
    self.init((0..<2).map { end in Line.phone(end, seed: 666) { $0.identity = identity } })
  }

  /// Answers each packet of an end with one of its phone's.
  func pass(_ from: Int, _ payload: [UInt8], _ now: Instant) -> [(to: Int, payload: [UInt8])] {
    var room = [UInt8](repeating: 0, count: phones[from].carrier.voiceCount)
    let reception = room.withUnsafeMutableBytes { room in
      payload.withUnsafeBytes { phones[from].receive($0, into: room, now: now) }
    }
    if case .voice(let count, _) = reception { heard[from].append(Array(room[..<count])) }
    var answer = payload
    // What it heard of the other end goes on under its own keys.
    let voice = heard[1 - from].popLast() ?? room
    let filling = answer.withUnsafeMutableBytes { answer in
      voice.withUnsafeBytes { phones[from].fill(answer, voice: $0, now: now) }
    }
    return filling == .payload ? [(from, answer)] : []
  }
}

/// Reads, changes and writes again the frames of the agreement that pass.
func changing(
  _ change: @escaping (_ from: Int, _ frame: inout AgreementFrame) -> Bool
) -> Line.Exchange {
  { from, payload, _ in
    guard var frame = payload.withUnsafeBytes({ AgreementFrame($0) }) else { return [(1 - from, payload)] }
    return change(from, &frame) ? [(1 - from, frame.bytes(size: payload.count))] : []
  }
}
