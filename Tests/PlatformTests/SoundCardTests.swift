@testable import Platform
import Testing
import Wire

@Suite struct SoundCardTests {
  private let cards = """
     0 [PCH            ]: HDA-Intel - HDA Intel PCH
                          HDA Intel PCH at 0xf7f10000 irq 130
     1 [Headset        ]: USB-Audio - Jabra EVOLVE
                          Jabra at usb-0000:00:14.0-1, full speed
    """
  private let devices = """
    00-00: ALC892 Analog : ALC892 Analog : playback 1 : capture 2
    00-01: ALC892 Digital : ALC892 Digital : playback 1
    01-00: USB Audio : USB Audio : capture 1
    """

  @Test func cardsAreListedAsTheKernelListsThem() {
    let list = SoundCardEntry.list(cards: cards, devices: devices)
    #expect(list.map { $0.name } == ["hw:PCH", "hw:PCH,1", "hw:Headset"])
    #expect(list.map { $0.number } == ["hw:0,0", "hw:0,1", "hw:1,0"])
    #expect(list.map { $0.captures } == [true, false, true])
    #expect(list.map { $0.plays } == [true, true, false])
    #expect(SoundCardEntry.sentence(list).contains("hw:Headset  (hw:1,0) USB-Audio - Jabra EVOLVE, captures only"))
    #expect(SoundCardEntry.list(cards: "--- no soundcards ---\n", devices: "").isEmpty)
    #expect(SoundCardEntry.list(cards: "] [ x\n 1 []", devices: "00-: x\n-:\n:\n7").isEmpty)
  }

  @Test(arguments: ["", "hw:77", "plughw:77,1", "hw:NoSuchCard", "hw:CARD=NoSuchCard,DEV=3"])
  func aCardThatIsNotThereIsAnsweredByTheList(name: String) {
    #expect {
      try SoundCard(name)
    } throws: { error in
      guard case .missing(let missing, _)? = error as? SoundCardError else { return false }
      return missing == name
    }
  }

  @Test(arguments: ["hw:", "hw:0 } evil { type", "hw:0,x", "hw:0,1,2,3", "plughw:a\"b", "no-such-name"])
  func whatIsNoNameOfACardIsRefused(name: String) {
    #expect(throws: SoundCardError.self) { try SoundCard(name) }
  }

  @Test func theNullDeviceGivesSilenceAsFastAsItIsAsked() throws {
    let card = try SoundCard("null")
    defer { card.close() }
    #expect(card.rate == 48000 && card.captures && card.plays)
    let poller = try Poller()
    defer { poller.close() }
    try card.start(poller, token: 1)
    #expect(!card.keepsTime)
    var samples: [Int16] = [1]
    try card.capture(into: &samples, most: 240)
    #expect(samples == [1] + [Int16](repeating: 0, count: 240))
    try samples.withUnsafeBufferPointer { try card.play($0) }
    card.stop()
    try card.start(poller, token: 1)
    try card.capture(into: &samples, most: 240)
    #expect(samples.count == 481)
  }

  @Test func aCardThatTakesAnothersPlaceHasItsRate() throws {
    let card = try SoundCard("null", rate: 8000)
    #expect(card.rate == 8000)
    card.close()
  }
}
