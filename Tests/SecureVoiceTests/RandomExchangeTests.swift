import Crypto
import SimNet
import Testing
import Wire

@testable import SecureVoice

/// An exchange without a plan: it drops, repeats, delays, swaps, changes, cuts, mixes and forges at random. Whatever it
/// does, an end that takes itself for secured shares its keys with the other end, and hears that one alone, in one order
/// and once.
@Suite struct RandomExchangeTests {
  private final class Mischief {
    private var random: SeededGenerator
    private var kept: [[UInt8]] = []
    /// Nothing of it after this, so that an honest end may come of it.
    private let end: Instant
    private let strength: Double

    init(seed: UInt64) {
      random = SeededGenerator(seed: seed)
      strength = Double(seed % 5) * 0.12 + 0.02
      end = Instant.zero + .milliseconds(Int64(200 + seed % 7 * 400))
    }

    func pass(_ from: Int, _ payload: [UInt8], _ now: Instant) -> [(to: Int, payload: [UInt8])] {
      kept.append(payload)
      guard now < end, random.chance(strength) else { return [(1 - from, payload)] }
      let old = kept.randomElement(using: &random) ?? payload
      switch Int.random(in: 0..<8, using: &random) {
      case 0: return []
      case 1: return [(1 - from, payload), (1 - from, payload)]
      case 2: return [(1 - from, old), (1 - from, payload)]
      case 3: return [(from, payload)]
      case 4: return [(from, old), (1 - from, payload)]
      case 5:
        var changed = payload
        changed[Int.random(in: 0..<changed.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
        return [(1 - from, changed)]
      default: return [(1 - from, mended(payload))]
      }
    }

    /// A frame changed so that its CRC is right.
    private func mended(_ payload: [UInt8]) -> [UInt8] {
      guard var frame = payload.withUnsafeBytes({ AgreementFrame($0) }) else { return payload }
      switch Int.random(in: 0..<5, using: &random) {
      case 0: frame.index = UInt8.random(in: 0..<frame.count, using: &random)
      case 1: frame.attempt ^= 1
      case 2: frame.count = min(32, frame.count + 1)
      case 3: frame.data = Array(frame.data.dropLast())
      default:
        if let place = frame.data.indices.randomElement(using: &random) { frame.data[place] ^= 1 << UInt8(place % 8) }
      }
      return frame.bytes(size: payload.count)
    }
  }

  @Test(arguments: 0..<24 as Range<UInt64>)
  func nothingUnseenHappens(seed: UInt64) {
    let knows = seed % 2 == 0
    var line = Line(seed: seed, seed % 3 == 0 ? .bad : .good, allowsPlain: !knows) { end, settings in
      if knows { settings.peer = Line.record(of: 1 - end) }
      settings.offersPostQuantum = settings.offersPostQuantum && seed % 4 == 0
    }
    line.exchange = Mischief(seed: seed).pass
    var wasHeard = [false, false]
    var unprotected = 0
    for _ in 0..<1200 {
      line.step()
      for end in 0..<2 {
        if wasHeard[end], line.fillings[end].last == .plain { unprotected += 1 }
        wasHeard[end] = line.ends[end].agreement.hasHeardPeer
      }
    }
    #expect(unprotected == 0)
    let sessions = [line.session(0), line.session(1)]
    for end in 0..<2 {
      if let session = sessions[end] {
        #expect(session.identity == Ed25519(secret: Line.identity(1 - end)).publicKey)
        #expect(session.verdict == (knows ? .same : .first))
      }
      #expect(line.heard[end].allSatisfy { $0[0] == UInt8(1 - end) })
      let counters = line.receptions[end].compactMap { if case .voice(_, let counter) = $0 { counter } else { nil } }
      // Each attempt has counters of its own.
      if line.faults.isEmpty { #expect(Set(counters).count == counters.count) }
    }
    if let a = sessions[0], let b = sessions[1], line.ends.allSatisfy({ $0.agreement.isProven }) {
      #expect(a.words == b.words && a.sendingKey == b.receivingKey && a.receivingKey == b.sendingKey)
    } else {
      // Not secured at both ends: at least one says so.
      #expect(!line.events.joined().isEmpty)
      #expect(
        line.events.joined().contains { event in
          switch event {
          case .failed, .retrying, .unanswered, .unheard, .reflected: true
          case .secured, .exchangeSpeaks, .strangerAsks: false
          }
        })
    }
  }
}
