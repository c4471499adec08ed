import Codecs
import Crypto
import Foundation
import Testing

@testable import SecureVoice

@Suite struct RecordingTests {
  private let key = [UInt8](repeating: 7, count: 32)
  private let salt = [UInt8](repeating: 9, count: 16)

  private func tone(_ rate: Int, _ count: Int) -> [Int16] {
    (0..<count).map { Int16(8000 * sin(2 * .pi * 400 * Double($0) / Double(rate))) }
  }

  @Test(arguments: [8000, 16000, 48000])
  func whatIsSealedOpensAsLongAndInPlace(rate: Int) throws {
    for count in [rate / 100, rate, rate + 1, rate * 2 - 1] {
      let samples = tone(rate, count)
      let sealed = try SealedRecording(samples, rate: rate, key: key, salt: salt)
      #expect(sealed.payloads.count % 160 == 0 && sealed.payloads.prefix(4) == [0x0a, 1, 0, 0])
      let kept = try MuLawFile(MuLawFile(octets: sealed.payloads, note: sealed.note).bytes)
      let (opened, itsRate) = try SealedRecording(payloads: kept.octets, note: kept.note).open(key: key)
      #expect(itsRate == rate && opened.count == count)
      // Once the coder has swung in, sample by sample: one place off would be a difference of 2500 at 8000 Hz.
      let swungIn = rate / 20
      guard count > 2 * swungIn else { continue }
      let most = (swungIn..<count - rate / 50).map { abs(Int(opened[$0]) - Int(samples[$0])) }.max()
      #expect(try #require(most) < 900)
    }
  }

  /// By docs/concealment.md alone, as another implementation would.
  @Test func aFileIsWhatItsDescriptionSays() throws {
    let sealed = try SealedRecording(tone(16000, 12345), rate: 16000, key: key, salt: salt)
    #expect(sealed.note == [1, 16, 0, 0, 0, 0, 0x30, 0x39] + salt)
    let secret = HKDF.sha256.extract(salt: sealed.note, key)
    let base = HKDF.sha256.expand(secret, info: Array("sotto-recording-1 sframe".utf8), count: 32)
    let frames = SFrameKey(.aes256GCM, baseKey: base, keyID: 0)
    for packet in 0..<sealed.payloads.count / 160 {
      let frame = Array(sealed.payloads[packet * 160..<packet * 160 + 160])
      #expect(frame[..<4] == [0x0a, 1, 0, UInt8(packet)])
      var voice = [UInt8](repeating: 0, count: 140)
      let count = voice.withUnsafeMutableBytes { voice in frame.withUnsafeBytes { frames.open($0, into: voice) } }
      #expect(count == 140 && voice.withUnsafeBufferPointer { OpusDecoder.count(in: $0, rate: 16000) } == 320)
    }
  }

  @Test func everyRecordingHasAKeyOfItsOwn() throws {
    let samples = tone(8000, 8000)
    let one = try SealedRecording(samples, rate: 8000, key: key, salt: salt)
    let other = try SealedRecording(samples, rate: 8000, key: key, salt: salt.map { $0 ^ 1 })
    let same = zip(one.payloads, other.payloads).filter { $0 == $1 }.count
    #expect(same < 4 * 51 + 80, "headers, and one octet in 256")
  }

  @Test func whatWasDoneToItIsSaid() throws {
    let sealed = try SealedRecording(tone(8000, 16000), rate: 8000, key: key, salt: salt)
    func fault(_ payloads: [UInt8], _ note: [UInt8], key: [UInt8]? = nil) -> RecordingFault? {
      do throws(RecordingFault) {
        _ = try SealedRecording(payloads: payloads, note: note).open(key: key ?? self.key)
        return nil
      } catch {
        return error
      }
    }
    #expect(fault(sealed.payloads, sealed.note) == nil)
    #expect(fault(sealed.payloads, sealed.note, key: [UInt8](repeating: 8, count: 32)) == .wrongKey)
    #expect(fault(sealed.payloads, []) == .notSealed)
    #expect(fault(Array(sealed.payloads.dropLast(160)), sealed.note) == .cutOff(packets: 100, expected: 101))
    #expect(fault(Array(sealed.payloads.dropLast()), sealed.note) == .cutOff(packets: 100, expected: 101))
    // Any octet of any packet, header and tag included.
    for place in [0, 3, 4, 143, 144, 159] {
      var changed = sealed.payloads
      changed[160 * 60 + place] ^= 1
      #expect(fault(changed, sealed.note) == .changed(atSecond: 1))
    }
    // Two packets in each other's place.
    let swapped = Array(sealed.payloads[160..<320] + sealed.payloads[..<160] + sealed.payloads[320...])
    #expect(fault(swapped, sealed.note) == .changed(atSecond: 0))
    for place in sealed.note.indices {
      var changed = sealed.note
      changed[place] ^= 1
      #expect(fault(sealed.payloads, changed) != nil)
    }
    #expect(fault(sealed.payloads, Array(sealed.note.dropLast())) == .unknownForm)
  }

  /// Ten minutes are the longest, and the keys are renewed within them.
  @Test func tenMinutesGoThroughTheRatchet() throws {
    let sealed = try SealedRecording([Int16](repeating: 100, count: 8000 * 600), rate: 8000, key: key, salt: salt)
    #expect(sealed.payloads.count == 30001 * 160 && sealed.payloads[30000 * 160] == 0x1a)
    #expect(try sealed.open(key: key).samples.count == 8000 * 600)
  }
}
