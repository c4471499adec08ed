@testable import Numbering
import Testing

/// Numbers of each country as the metadata of libphonenumber 9.0.43 gives them for examples: of a fixed line, of a mobile
/// telephone, and of premium rate, without the national prefix.
private let examples: [(country: String, fixed: String, mobile: String, premium: String)] = [
  ("AT", "1234567890", "664123456", "900123456"),
  ("AU", "212345678", "412345678", "1900123456"),
  ("BE", "12345678", "450001234", "90012345"),
  ("BG", "2123456", "43012345", "90123456"),
  ("CA", "5062345678", "5062345678", "9002123456"),
  ("CH", "212345678", "781234567", "900123456"),
  ("CY", "22345678", "96123456", "90012345"),
  ("CZ", "212345678", "601123456", "900123456"),
  ("DE", "30123456", "15123456789", "9001234567"),
  ("DK", "32123456", "34412345", "90123456"),
  ("EE", "3212345", "51234567", "9001234"),
  ("ES", "810123456", "612345678", "803123456"),
  ("FI", "131234567", "412345678", "600123456"),
  ("FR", "123456789", "612345678", "891123456"),
  ("GB", "1212345678", "7400123456", "9012345678"),
  ("GR", "2123456789", "6912345678", "9091234567"),
  ("HR", "12345678", "921234567", "6001234"),
  ("HU", "12345678", "201234567", "90123456"),
  ("IE", "2212345", "850123456", "1520123456"),
  ("IT", "0212345678", "3123456789", "899123456"),
  ("LT", "31234567", "61234567", "90012345"),
  ("LU", "27123456", "628123456", "90012345"),
  ("LV", "63123456", "21234567", "90123456"),
  ("MT", "21001234", "96961234", "50037123"),
  ("NL", "101234567", "612345678", "9061234"),
  ("NO", "21234567", "40612345", "82012345"),
  ("NZ", "32345678", "211234567", "900123456"),
  ("PL", "123456789", "512345678", "701234567"),
  ("PT", "212345678", "912345678", "760123456"),
  ("RO", "211234567", "712034567", "900123456"),
  ("SE", "8123456", "701234567", "9001234567"),
  ("SI", "12345678", "31234567", "90123456"),
  ("SK", "221234567", "912123456", "900123456"),
  ("TR", "2123456789", "5012345678", "9001234567"),
  ("UA", "311234567", "501234567", "900212345"),
  ("US", "2015550123", "2015550123", "9002345678"),
  ("ZA", "101234567", "711234567", "862345678"),
]

struct CountryTests {
  @Test(arguments: examples) func fixedAndMobileNumbersAreOpenAndPremiumOnesAreNot(
    name: String, fixed: String, mobile: String, premium: String
  ) throws {
    let country = try #require(Country(name))
    for digits in [fixed, mobile] {
      let number = DialledNumber("+" + country.callingCode + digits, in: country)
      #expect(number.numberClass == .national && number.e164 == "+" + country.callingCode + digits, "\(digits)")
      // As it is dialled at home it is the same number.
      let again = DialledNumber(number.text(.national), in: country)
      #expect(again.numberClass == .national && again.e164 == number.e164, "\(again.dialled)")
      let far = DialledNumber(number.text(.international), in: country)
      #expect(far.numberClass == .national && far.e164 == number.e164, "\(far.dialled)")
    }
    if !premium.isEmpty {
      #expect(DialledNumber("+" + country.callingCode + premium, in: country).numberClass == .premium, "\(premium)")
    }
  }

  @Test(arguments: Country.all) func emergencyNumbersAreKnownAndNothingElseIsTakenForOne(country: Country) {
    #expect(country.emergency.contains("112") || country.name == "NZ")
    for number in country.emergency {
      #expect(DialledNumber(number, in: country).numberClass == .emergency)
      #expect(DialledNumber(number + "0", in: country).numberClass != .emergency)
    }
    #expect(Country(country.name.lowercased()) == country)
  }
}
