import Numbering
import Testing

struct DialledNumberTests {
  private func read(_ text: String, _ country: String = "DE", area: String? = nil) -> String {
    let number = DialledNumber(text, in: Country(country)!, area: area)
    return number.numberClass.rawValue + " " + (number.e164 ?? "-")
  }

  @Test(arguments: [
    ("030 1234567", "national +49301234567"), ("+49 (30) 123-4567", "national +49301234567"),
    ("0049301234567", "national +49301234567"), ("0043 1 12345", "international +43112345"),
    ("+14155550100", "international +14155550100"), ("+88213123456", "premium +88213123456"),
    ("0900123456", "premium +49900123456"), ("01371234567", "premium +491371234567"),
    // A carrier chosen call by call leads abroad.
    ("0103300431", "premium +49103300431"), ("11833", "services -"), ("115", "services -"),
    ("112", "emergency -"), ("0112", "national +49112"), ("116117", "national -"), ("123456", "services -"),
    ("234567", "national -"), ("*31#0301234", "services -"), ("", "services -"), ("+", "services -"),
    ("00", "services -"), ("000431", "services -"), ("+0431", "services -"), ("+1234567890123456", "services -"),
    ("٠٣٠", "services -"),
  ])
  func germanNumbers(text: String, expected: String) { #expect(read(text) == expected) }

  @Test func aLocalNumberIsWholeWithItsArea() {
    #expect(read("234567", area: "30") == "national +4930234567")
    #expect(read("5550100", "US", area: "415") == "national +14155550100")
    #expect(read("9765555", "US", area: "415") == "premium +14159765555")
  }

  @Test(arguments: [
    ("4155550100", "national +14155550100"), ("14155550100", "national +14155550100"),
    ("1 (876) 555-0100", "international +18765550100"), ("8095550100", "international +18095550100"),
    ("19005550100", "premium +19005550100"), ("01149301234", "international +49301234"),
    ("911", "emergency -"), ("411", "services -"), ("0", "services -"), ("1010288011493", "services -"),
    ("0114", "international +4"), ("+18765550100", "international +18765550100"),
  ])
  func northAmericanNumbers(text: String, expected: String) { #expect(read(text, "US") == expected) }

  @Test(arguments: [
    ("IT", "0612345678", "national +390612345678"), ("ES", "911234567", "national +34911234567"),
    ("GB", "01189123456", "national +441189123456"), ("GB", "118118", "services -"),
    ("IE", "015551234", "national +35315551234"), ("IE", "+3531520123456", "premium +3531520123456"),
    ("AU", "0011493012345", "international +493012345"), ("AU", "0015493012345", "services -"),
    ("HU", "0612345678", "national +3612345678"), ("DK", "32123456", "national +4532123456"),
    ("FR", "0899123456", "premium +33899123456"), ("FR", "3949", "services -"),
  ])
  func otherCountriesNumbers(country: String, text: String, expected: String) {
    #expect(read(text, country) == expected)
  }

  @Test func aNumberIsToldAsTheOtherEndWantsIt() {
    let german = DialledNumber("030-12345", in: Country("DE")!)
    #expect(
      DialledNumber.Format.allCases.map { german.text($0) } == [
        "+493012345", "493012345", "03012345", "00493012345", "03012345",
      ])
    let austrian = DialledNumber("+43112345", in: Country("DE")!)
    #expect(austrian.text(.national) == "0043112345" && austrian.text(.dialled) == "+43112345")
    let american = DialledNumber("+493012345", in: Country("US")!)
    #expect(american.text(.national) == "011493012345")
    #expect(DialledNumber("112", in: Country("DE")!).text(.e164) == "112")
  }

  @Test func furtherEmergencyNumbersCanBeNamed() {
    let number = DialledNumber("19222", in: Country("DE")!, emergency: ["19222"])
    #expect(number.numberClass == .emergency)
  }
}
