import Configuration
import Numbering

extension SelfTest {
  /// Whom one reaches by which number: a table that must not be lost on its way into the binary.
  static let numbers = SelfTestGroup(
    name: "numbers",
    cases: [
      SelfTestCase("help is called by each country's numbers") {
        var configuration = Configuration()
        configuration.country = Country("de")
        return configuration.isEmergency("112") && configuration.isEmergency("110") && !configuration.isEmergency("113")
          && Country.all.allSatisfy { $0.isEmergency($0.name == "NZ" ? "111" : "112") }
      },
      SelfTestCase("what is dear and what is abroad") {
        guard let country = Country("DE") else { return false }
        let classes = ["112", "004311234567", "0900123456", "03012345678"].map {
          DialledNumber($0, in: country).numberClass
        }
        return classes == [.emergency, .international, .premium, .national]
      },
    ])
}
