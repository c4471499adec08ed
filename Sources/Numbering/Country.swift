import Wire

/// How one dials in a country, as far as an exchange has to know. docs/trunks.md names the sources.
public struct Country: Hashable, Sendable {
  /// ISO 3166-1, two upper-case letters.
  public let name: String
  /// After the `+` (ITU-T E.164).
  public let callingCode: String
  /// What is dialled before a number of the same country, the usual one first; empty where nothing is.
  let nationalPrefixes: [String]
  /// What is dialled before a number of another country, the usual one first.
  let internationalPrefixes: [String]
  /// Police, fire brigade and ambulance, and what else must always be reached.
  let emergency: [String]
  /// How numbers begin, without the national prefix, that cost more than others: premium rate, mass calls, personal
  /// numbers, carriers chosen call by call. With `X` in it, the number has as many digits.
  let premium: [String]
  /// Whether the zero of a local area is part of the number abroad too (Italy).
  let keepsZero: Bool

  private init(
    _ name: String, _ callingCode: String, national: [String] = ["0"], international: [String] = ["00"],
    emergency: [String], premium: [String], keepsZero: Bool = false
  ) {
    self.name = name
    self.callingCode = callingCode
    nationalPrefixes = national
    internationalPrefixes = international
    self.emergency = emergency
    self.premium = premium
    self.keepsZero = keepsZero
  }

  /// The country of that name, in any case.
  @export(interface)
  public init?(_ name: String) {
    guard let known = Country.all.first(where: { equalsIgnoringCase($0.name, name) }) else { return nil }
    self = known
  }

  /// Whether numbers are those of the North American plan: ten digits, with or without a leading 1.
  var isNorthAmerican: Bool { callingCode == "1" }

  /// Whether help is called by this number in the country.
  @export(interface)
  public func isEmergency(_ number: String) -> Bool { emergency.contains(number) }

  /// Whether a number of the country, without its prefix, costs more than others.
  func isPremium(_ digits: String) -> Bool {
    premium.contains { range in
      guard let fill = range.utf8.firstIndex(of: UInt8(ascii: "X")) else { return digits.hasPrefix(range) }
      return digits.utf8.count == range.utf8.count && digits.hasPrefix(String(range[..<fill]))
    }
  }

  public static let all: [Country] = [
    Country(
      "AT", "43", emergency: ["112", "122", "133", "140", "144"], premium: ["86", "89", "9"]),
    Country(
      "AU", "61", international: ["0011"], emergency: ["000", "106", "112"], premium: ["19"]),
    Country("BE", "32", emergency: ["100", "101", "112"], premium: ["70", "90"]),
    Country("BG", "359", emergency: ["112", "150", "160", "166"], premium: ["90"]),
    Country(
      "CA", "1", national: ["1"], international: ["011"], emergency: ["911", "112"],
      premium: ["900", "52", "53", "544", "56", "577", "588", "62", "633"]),
    Country("CH", "41", emergency: ["112", "117", "118", "144"], premium: ["87", "90"]),
    Country("CY", "357", national: [], emergency: ["112", "199"], premium: ["70", "90"]),
    Country(
      "CZ", "420", national: [], emergency: ["112", "150", "155", "156", "158"], premium: ["700", "701", "90", "976"]),
    Country("DE", "49", emergency: ["110", "112"], premium: ["10", "137", "700", "900"]),
    Country("DK", "45", national: [], emergency: ["112", "114"], premium: ["90"]),
    Country("EE", "372", national: [], emergency: ["110", "112"], premium: ["40", "70", "9"]),
    Country(
      "ES", "34", national: [], emergency: ["112", "061", "062", "080", "085", "088", "091", "092"],
      premium: ["70", "803", "806", "807", "905"]),
    Country(
      "FI", "358", international: ["00", "990", "991", "994", "996", "999"], emergency: ["112"],
      premium: ["100", "600", "700"]),
    Country(
      "FR", "33", emergency: ["112", "15", "17", "18", "114"],
      premium: [
        "812", "813", "814", "815", "816", "817", "818", "819", "822", "823", "824", "827", "828", "829", "83", "85",
        "86", "88", "89",
      ]),
    Country("GB", "44", emergency: ["999", "112"], premium: ["70", "84", "87", "9"]),
    Country("GR", "30", national: [], emergency: ["112", "100", "166", "199"], premium: ["7", "90"]),
    Country(
      "HR", "385", emergency: ["112", "192", "193", "194"],
      premium: ["60", "61", "64", "65", "69", "74", "75"]),
    Country(
      "HU", "36", national: ["06"], emergency: ["112", "104", "105", "107"], premium: ["90", "91"]),
    Country("IE", "353", emergency: ["112", "999"], premium: ["15XXXXXXXX", "70"]),
    Country(
      "IT", "39", national: [], emergency: ["112", "113", "115", "118"],
      premium: ["0878", "14", "16", "17", "19", "89"],
      keepsZero: true),
    Country("LT", "370", national: ["0", "8"], emergency: ["112"], premium: ["70", "90", "91"]),
    Country("LU", "352", national: [], emergency: ["112", "113"], premium: ["900", "901", "905"]),
    Country("LV", "371", national: [], emergency: ["112", "110", "113"], premium: ["9"]),
    Country("MT", "356", national: [], emergency: ["112"], premium: ["50", "51", "52"]),
    Country("NL", "31", emergency: ["112", "911"], premium: ["90"]),
    Country("NO", "47", national: [], emergency: ["110", "112", "113"], premium: ["82", "88"]),
    Country("NZ", "64", emergency: ["111"], premium: ["1", "50", "70", "90"]),
    Country("PL", "48", national: [], emergency: ["112", "997", "998", "999"], premium: ["70"]),
    Country("PT", "351", national: [], emergency: ["112", "115"], premium: ["60", "64", "76", "88"]),
    Country("RO", "40", emergency: ["112"], premium: ["9"]),
    Country("SE", "46", emergency: ["112"], premium: ["649", "75", "900", "939", "944", "99"]),
    Country("SI", "386", emergency: ["112", "113"], premium: ["89", "9"]),
    Country("SK", "421", emergency: ["112", "150", "155", "158"], premium: ["900", "97", "98"]),
    Country("TR", "90", emergency: ["112", "110", "155"], premium: ["592", "88", "89", "9"]),
    Country("UA", "380", emergency: ["112", "101", "102", "103"], premium: ["90"]),
    Country(
      "US", "1", national: ["1"], international: ["011"], emergency: ["911", "112"],
      premium: ["900", "500", "52", "53", "544", "566", "577", "588"]),
    Country(
      "ZA", "27", emergency: ["112", "10111", "10177"],
      premium: ["862", "863", "864", "865", "866", "867", "868", "869", "9"]),
  ]

  /// Area codes of the North American plan outside of the United States and Canada: dialled like a neighbour's number,
  /// charged like a call across the sea.
  static let northAmericanAbroad: Set<String> = [
    "242", "246", "264", "268", "284", "340", "345", "441", "473", "649", "658", "664", "670", "671", "684", "721",
    "758", "767", "784", "787", "809", "829", "849", "868", "869", "876", "939",
  ]

  /// Calling codes of no country: satellites and services at a price of their own (ITU-T E.164 Annex A, E.164.1).
  static let costlyCodes = ["870", "878", "881", "882", "883", "888", "979"]
}
