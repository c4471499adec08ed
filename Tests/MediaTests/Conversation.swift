import Codecs
import Foundation
import RTP
import Testing
import Wire

@testable import Media

/// A phone that speaks one codec: makes its packets and hears those of the exchange.
final class Talker {
  let payload: Payload
  let milliseconds: Int
  let ticks: UInt32
  var sequence: UInt16
  var timestamp: UInt32
  var ssrc: UInt32 = 7
  private let encoder: VoiceEncoder
  private var time = 0

  init(_ payload: Payload, milliseconds: Int = 20, sequence: UInt16 = 65500, timestamp: UInt32 = 0xffff_f000) throws {
    self.payload = payload
    self.milliseconds = milliseconds
    self.sequence = sequence
    self.timestamp = timestamp
    let coding = try #require(VoiceCoding(payload.format))
    encoder = try #require(VoiceEncoder(coding, rate: 16000, bitrate: 0))
    ticks = coding.ticks
  }

  /// The next packet of a tone of 400 Hz.
  func speak() -> [UInt8] {
    let count = milliseconds * encoder.rate / 1000
    let samples = (0..<count).map { i in
      Int16(8000 * sin(2 * .pi * 400 * Double(time + i) / Double(encoder.rate)))
    }
    time += count
    var octets = [UInt8](repeating: 0, count: 1400)
    let used = octets.withUnsafeMutableBufferPointer { room in
      samples.withUnsafeBufferPointer { encoder.encode($0, into: room) }
    }
    let header = RTPHeader(payloadType: payload.number, sequence: sequence, timestamp: timestamp, ssrc: ssrc)
    sequence &+= 1
    timestamp &+= UInt32(milliseconds) &* ticks
    return header.packet(octets[..<used])
  }
}

/// What one phone was sent: the headers in order, and the samples.
struct Heard {
  var headers: [RTPHeader] = []
  var samples: [Int16] = []
  var sizes: [Int] = []

  /// Loudness in each 20 ms.
  func levels(_ rate: Int) -> [Double] {
    stride(from: 0, to: samples.count - rate / 50 + 1, by: rate / 50).map { start in
      let sum = samples[start..<start + rate / 50].reduce(0.0) { $0 + Double($1) * Double($1) }
      return (sum / Double(rate / 50)).squareRoot()
    }
  }

  /// Whether numbers and times go on without a break, each packet lasting so long in milliseconds.
  func isContinuous(_ milliseconds: Int, _ ticks: UInt32) -> Bool {
    zip(headers, headers.dropFirst()).allSatisfy { a, b in
      b.ssrc == a.ssrc && b.sequence == a.sequence &+ 1 && b.timestamp == a.timestamp &+ UInt32(milliseconds) &* ticks
    }
  }
}

extension Scene {
  static func leg(_ remote: SocketAddress, _ payloads: [Payload], packetTime: UInt8) -> Leg {
    var leg = leg(remote, payloads)
    leg.packetTime = packetTime
    return leg
  }

  /// Sends a whole packet from the phone of this side.
  @discardableResult
  func send(_ side: Side, _ bytes: [UInt8]) -> RelayStream.Outcome {
    var packet = bytes
    return packet.withUnsafeMutableBytes {
      stream.receive(
        $0, side: side, from: side == .a ? Scene.phoneA : Scene.phoneB, now: now, laws: laws, moved: &moved)
    }
  }

  /// Takes what was made for this side out of the outbox and decodes it.
  func hear(_ side: Side, _ payload: Payload, rate: Int = 16000, into heard: inout Heard, by decoder: VoiceDecoder) {
    studio.outbox.address { letter, _ in
      #expect(stream.send(letter.count, to: letter.side, isControl: letter.isControl) != nil)
      return nil
    }
    for (letter, octets) in studio.outbox.packets where letter.side == side && !letter.isControl {
      let header = octets.withUnsafeBytes { RTPHeader($0) }!
      heard.headers.append(header)
      heard.sizes.append(header.payloadCount)
      guard header.payloadType == payload.number else { continue }
      var samples = [Int16](repeating: 0, count: 4000)
      let count = samples.withUnsafeMutableBufferPointer { room in
        octets[12...].withUnsafeBufferPointer { decoder.decode($0, into: room) }
      }
      heard.samples += samples[..<count]
    }
    var room = [UInt8](repeating: 0, count: 2048)
    while room.withUnsafeMutableBytes({ studio.outbox.next(into: $0) }) != nil {}
  }
}
