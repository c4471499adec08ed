import Codecs
import Crypto
import Foundation
import SecureVoice
import Testing

@testable import VoiceReport

/// Pulses of a gliding pitch in syllables of half a second, with pauses between: what the statistics know a voice by.
private let voice: [Int16] = {
  var phase = 0.0
  var last = 0.0
  return (0..<24000).map { i in
    let time = Double(i) / 8000
    phase += (120 + 30 * sin(2 * .pi * time)) / 8000
    let pulse = phase >= 1 ? 1.0 : 0.0
    phase -= pulse
    last = 0.9 * last + pulse * max(0, sin(2 * .pi * 2 * time))
    return Int16(12000 * last)
  }
}()

private func report(_ octets: [UInt8], size: Int = 160) throws(ReportFault) -> VoiceReport {
  let payloads = stride(from: 0, to: octets.count, by: size).map { octets[$0..<min($0 + size, octets.count)] }
  return try VoiceReport(
    original: voice.map { MuLaw.encode($0) }, variableLengths: [100, 120, 140, 90], secured: SecuredPayloads(payloads),
    about: .init(original: "voice <1>.wav", secured: "a test"))
}

private func odd(_ report: VoiceReport) -> [String] { report.findings.filter { !$0.holds }.map { $0.name } }

@Suite struct ReportTests {
  /// Twelve noises, each with nine numbers.
  @Test func idealNoiseIsAsOfNoise() throws {
    for seed in 0..<12 {
      let found = try report(noise(seed, 24000))
      #expect(found.isNoise, "\(seed): \(odd(found))")
    }
  }

  @Test func sealedVoiceIsAsOfNoiseButForItsHeaders() throws {
    for seed in 0..<2 as Range<UInt8> {
      let sealed = try SealedRecording(
        voice, rate: 8000, key: [UInt8](repeating: seed, count: 32), salt: [UInt8](repeating: seed, count: 16))
      let found = try report(sealed.payloads)
      #expect(found.isNoise, "\(odd(found))")
      #expect(found.payloads.isSFrame && found.payloads.frames == 151 && found.payloads.others == 0)
      let open = try #require(found.withHeaders)
      #expect(!OctetStatistics.idealChiSquare.holds(open.chiSquare))
      #expect(open.flatness < found.findings[0].ideal.low)
      #expect(found.page.contains("In all 10 numbers below") && found.page.contains("heard as a hum"))
    }
  }

  @Test func voiceItselfIsNot() throws {
    let found = try report(voice.map { MuLaw.encode($0) })
    #expect(
      odd(found) == [
        "Spectral flatness", "Autocorrelation", "Chi-square of octets", "Entropy of octets",
        "Correlation with the original", "Correlation of loudness", "NSCR in per cent", "UACI in per cent",
      ])
    #expect(found.page.contains("This is not what noise gives, in 8 of 9 numbers"))
    #expect(!found.page.contains("heard as a hum"))
  }

  @Test func aToneIsNot() throws {
    let tone = (0..<24000).map { MuLaw.encode(Int16(9000 * sin(2 * .pi * 440 * Double($0) / 8000))) }
    let found = odd(try report(tone))
    #expect(found.contains("Spectral flatness") && found.contains("Autocorrelation"))
  }

  /// The classic mistakes, each of which one number finds that a picture does not show.
  @Test func weakCiphersAreFoundOut() throws {
    let plain = voice.map { MuLaw.encode($0) }
    // The same key stream for each packet: as in a cipher that forgets to count.
    let stream = noise(1, 160)
    let repeated = plain.enumerated().map { $1 ^ stream[$0 % 160] }
    #expect(odd(try report(repeated)).contains("Autocorrelation"))
    // Loudness left as it was: noise as loud as the voice.
    let random = noise(2, 24000)
    let shaped = voice.enumerated().map { MuLaw.encode(Int16(Int(abs(Int32($1))) * (Int(random[$0]) - 128) / 128)) }
    #expect(odd(try report(shaped)).contains("Correlation of loudness"))
    // One octet in ten sent as it is.
    let leaking = plain.enumerated().map { $0 % 10 == 0 ? $1 : random[$0] }
    #expect(odd(try report(leaking)).contains("NSCR in per cent"))
  }

  @Test func lengthsThatFollowTheVoiceAreFoundOut() throws {
    let octets = noise(3, 24000)
    var payloads: [ArraySlice<UInt8>] = []
    var place = 0
    while place + 170 < octets.count {
      let size = 150 + payloads.count % 3
      payloads.append(octets[place..<place + size])
      place += size
    }
    let found = try VoiceReport(
      original: voice.map { MuLaw.encode($0) }, variableLengths: [1], secured: SecuredPayloads(payloads),
      about: .init(original: "", secured: ""))
    #expect(odd(found) == ["Entropy of packet lengths"])
  }

  @Test func packetsAreTakenApart() throws {
    let sealed = try SealedRecording(
      voice, rate: 8000, key: [UInt8](repeating: 1, count: 32), salt: [UInt8](repeating: 1, count: 16)
    ).payloads
    let hello = AgreementFrame(.hello, attempt: 0, [UInt8](repeating: 3, count: 18)).bytes(size: 160)
    let announcement = [UInt8](repeating: 0xff, count: 160)
    let found = try report(hello + hello + announcement + sealed)
    #expect(found.payloads.agreements == 2 && found.payloads.others == 1 && found.payloads.frames == 151)
    #expect(found.payloads.octets.count == 152 * 160)
    #expect(odd(found).contains("Packets without a seal"))
  }

  @Test func tooLittleIsRefused() {
    #expect(throws: ReportFault.tooLittleSecured(7999)) { try report(noise(1, 7999)) }
    #expect(throws: ReportFault.tooShort(100)) {
      try VoiceReport(
        original: noise(1, 100), variableLengths: [], secured: SecuredPayloads([noise(1, 8000)[...]]),
        about: .init(original: "", secured: ""))
    }
  }

  /// Every element is closed, nothing is fetched, no script runs, and what came from outside is text.
  @Test func thePageStandsByItself() throws {
    let page = try report(noise(1, 24000)).page
    for mark in ["<script", "http:", "https:", "url(", "src=", "@import", "<1>"] {
      #expect(!page.contains(mark), "\(mark)")
    }
    #expect(page.contains("voice &lt;1&gt;.wav") && page.contains("prefers-color-scheme: dark"))
    #expect(page.components(separatedBy: "<svg ").count == 9 && !page.contains("nan") && !page.contains("very large"))
    #expect(page.utf8.count < 200_000)
    var open: [Substring] = []
    for part in page.split(separator: "<").dropFirst() {
      let name = part.prefix { $0 != ">" && $0 != " " && $0 != "/" }
      if part.hasPrefix("/") {
        let closed = part.dropFirst().prefix { $0 != ">" }
        #expect(open.popLast() == closed)
      } else if !["!DOCTYPE", "meta", "br"].contains(name), !part.prefix(while: { $0 != ">" }).hasSuffix("/") {
        open.append(name)
      }
    }
    #expect(open.isEmpty)
  }
}
