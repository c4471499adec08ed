import Codecs
import TestSupport
import Testing

/// The ITU's files hold 16-bit little-endian words: `sweep.src` each 16-bit sample once; `.u` and `.a` its codes;
/// `.reu` and `.rea` the decoded samples; `.u-u` and `.a-a` coded and decoded twice.
@Suite struct G711Tests {
  private func words(_ name: String) throws -> [Int16] {
    let bytes = try vector("itu/g711/\(name)")
    return stride(from: 0, to: bytes.count - 1, by: 2).map {
      Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)
    }
  }

  @Test(.enabled(if: vectorsFolder != nil, "needs the ITU's G.711 vectors in ../shared/vectors or SOTTO_VECTORS"))
  func everySampleIsCodedAsTheITUHasIt() throws {
    let samples = try words("sweep.src")
    #expect(samples.count == 65536)
    let mu = samples.map(MuLaw.encode)
    let a = samples.map(ALaw.encode)
    #expect(try mu.map(Int16.init) == words("sweep-r.u"))
    #expect(try a.map(Int16.init) == words("sweep-r.a"))
    #expect(try mu.map(MuLaw.decode) == words("sweep-r.reu"))
    #expect(try a.map(ALaw.decode) == words("sweep-r.rea"))
    #expect(try mu.map { MuLaw.decode(MuLaw.encode(MuLaw.decode($0))) } == words("sweep-r.u-u"))
    #expect(try a.map { ALaw.decode(ALaw.encode(ALaw.decode($0))) } == words("sweep-r.a-a"))
  }

  @Test func conversionKeepsSignAndOrderAndStaysWithinOneStep() {
    let tables = G711Conversion()
    var previous = Int16.min
    for octet in (0...255).map({ UInt8($0) }).sorted(by: { MuLaw.decode($0) < MuLaw.decode($1) }) {
      let converted = tables.toALaw[Int(octet)]
      let sample = ALaw.decode(converted)
      #expect(converted & 0x80 == octet & 0x80)
      #expect(sample >= previous)
      previous = sample
      // Half a step of each law: µ-law's step at this level is magnitude/16 at most.
      let expected = MuLaw.decode(octet)
      #expect(abs(Int(sample) - Int(expected)) <= max(16, abs(Int(expected)) / 16), "µ-law \(octet)")
    }
    for octet in 0...255 {
      let expected = Int(ALaw.decode(UInt8(octet)))
      let sample = Int(MuLaw.decode(tables.toMuLaw[octet]))
      #expect(abs(sample - expected) <= max(16, abs(expected) / 16), "A-law \(octet)")
    }
  }

  @Test func aSecondTripThroughTheOtherLawChangesNothing() {
    let tables = G711Conversion()
    for octet in 0...255 {
      let mu = tables.toMuLaw[Int(tables.toALaw[octet])]
      #expect(tables.toMuLaw[Int(tables.toALaw[Int(mu)])] == mu)
      let a = tables.toALaw[Int(tables.toMuLaw[octet])]
      #expect(tables.toALaw[Int(tables.toMuLaw[Int(a)])] == a)
    }
  }
}
