import Crypto
import Testing

@testable import VoiceKey

@Suite("An identity key with a voice in it")
struct IdentityTests {
  private let random = (0..<32).map { UInt8($0) }
  private let salt = (0..<28).map { UInt8(100 + $0) }
  private let light = PassphraseFunction.scrypt(logarithm: 4)

  @Test func eachOctetAndEachSampleCounts() {
    let recording = SpeechCheckTests.voice()
    let secret = identitySecret(random: random, recording: recording)
    #expect(secret.count == 32)
    var other = recording
    other[other.count / 2] ^= 1
    #expect(identitySecret(random: random, recording: other) != secret)
    #expect(identitySecret(random: random.reversed(), recording: recording) != secret)
    // Without a voice it is as strong.
    #expect(identitySecret(random: random, recording: []) != secret)
  }

  @Test func aRecordingIsTakenWithItsEstimates() throws {
    let recording = try VoiceRecording(SpeechCheckTests.voice(seconds: 12), rate: SpeechCheckTests.rate)
    #expect(recording.seconds == 10)
    for estimates in [recording.voice, recording.noise] { #expect(estimates.least > 0.1 && estimates.least <= 8) }
    #expect(recording.noise.least < recording.voice.mostCommonValue)
  }

  @Test func hissAloneIsNoVoice() {
    var noise = SpeechCheckTests.Noise(seed: 5)
    let hiss = (0..<6 * SpeechCheckTests.rate).map { _ in Int16(noise.next() * 3000) }
    #expect(throws: VoiceRefusal.self) { try VoiceRecording(hiss, rate: SpeechCheckTests.rate) }
  }

  @Test func aMutedMicrophoneIsNamed() {
    var samples = SpeechCheckTests.voice()
    for place in 40000..<42000 { samples[place] = 0 }
    #expect(throws: VoiceRefusal.self) { try VoiceRecording(samples, rate: SpeechCheckTests.rate) }
  }

  @Test(arguments: [PassphraseFunction.scrypt(logarithm: 4), .argon2id(kilobytes: 64, passes: 2)])
  func aSealedKeyOpensByItsPassphraseAlone(function: PassphraseFunction) throws {
    guard PassphraseFunction.best != .scrypt(logarithm: 15) || function == light else { return }
    let secret = identitySecret(random: random, recording: [])
    let sealed = try #require(
      SealedIdentity(secret: secret, passphrase: Array("correct horse".utf8), function: function, random: salt))
    let read = try SealedIdentity(sealed.text)
    #expect(read == sealed)
    #expect(try read.open(Array("correct horse".utf8)) == secret)
    #expect(throws: IdentityFileError.wrongPassphrase) { try read.open(Array("correct horsf".utf8)) }
  }

  /// RFC 7914 §12, the third one, and its second with r and p as we never have them left out.
  @Test func scryptIsThatOfTheRFC() throws {
    let key = try #require(
      PassphraseFunction.scrypt(logarithm: 14).key(Array("pleaseletmein".utf8), salt: Array("SodiumChloride".utf8)))
    #expect(key[..<8] == [0x70, 0x23, 0xbd, 0xcb, 0x3a, 0xfd, 0x73, 0x48])
  }

  @Test func aChangedFileIsRefusedAndNeverTrapped() throws {
    let secret = identitySecret(random: random, recording: [])
    let words = Array("correct horse".utf8)
    let text = try #require(SealedIdentity(secret: secret, passphrase: words, function: light, random: salt)).text
    var octets = Array(text.utf8)
    for place in octets.indices {
      let good = octets[place]
      for bad in [good ^ 1, 0x30, 0x0a, 0xff] where bad != good {
        octets[place] = bad
        if let read = try? SealedIdentity(String(decoding: octets, as: UTF8.self)) {
          #expect(throws: IdentityFileError.self) { try read.open(words) }
        }
      }
      octets[place] = good
    }
    for count in 0..<octets.count {
      #expect(throws: IdentityFileError.self) { try SealedIdentity(String(decoding: octets[..<count], as: UTF8.self)) }
    }
    #expect(
      throws: IdentityFileError.damaged(
        line: 3, expected: "\"function argon2id\", kilobytes and passes, or \"function scrypt\" and a logarithm")
    ) {
      try SealedIdentity(text.replacing("scrypt 4", with: "scrypt 31"))
    }
  }
}
