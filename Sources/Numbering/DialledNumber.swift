import Wire

/// What a call to a number costs, roughly; what is closed until it is opened is decided by it.
public enum NumberClass: String, CaseIterable, Hashable, Sendable {
  /// No rule may stand in its way.
  case emergency
  case national
  case international
  /// Premium rate, satellites, carriers chosen call by call.
  case premium
  /// Short codes, operators, and whatever the country's plan as known here has no place for.
  case services
}

/// A dialled number, understood by the rules of a country.
public struct DialledNumber: Hashable, Sendable {
  /// Without visual separators.
  public let dialled: String
  public let numberClass: NumberClass
  /// `+493012345`; nil for what has no number in the world, and for local numbers where the area is not known.
  public let e164: String?
  /// The country's calling code, for `national`.
  private let country: Country

  /// How the other end wants numbers.
  public enum Format: String, CaseIterable, Hashable, Sendable {
    /// `+493012345`
    case e164
    /// `493012345`
    case plain
    /// `03012345`, and `0043…` for other countries.
    case national
    /// `00493012345`
    case international
    /// As it was dialled.
    case dialled
  }

  /// `area` is that of local numbers, without the national prefix; `emergency` are numbers beyond the country's.
  @export(interface)
  public init(_ text: String, in country: Country, area: String? = nil, emergency: [String] = []) {
    self.country = country
    let number = strippedOfSeparators(text)
    dialled = number
    let known: (NumberClass, String?)
    if country.emergency.contains(number) || emergency.contains(number) {
      known = (.emergency, nil)
    } else if let digits = digits(after: "+", of: number) {
      known = abroad(digits, country)
    } else if !isDigits(number) {
      known = (.services, nil)
    } else if country.isNorthAmerican {
      known = northAmerican(number, country, area)
    } else if let digits = country.internationalPrefixes.firstMap({ digits(after: $0, of: number) }) {
      known = abroad(digits, country)
    } else if let digits = country.nationalPrefixes.firstMap({ digits(after: $0, of: number) }) {
      known = national(digits, country)
    } else {
      known = local(number, country, area)
    }
    numberClass = known.0
    e164 = known.1
  }

  /// The number as the other end wants it; what has no number in the world goes as it was dialled.
  public func text(_ format: Format) -> String {
    guard let e164 else { return dialled }
    switch format {
    case .e164: return e164
    case .plain: return String(e164.dropFirst())
    case .dialled: return dialled
    case .international: return (country.internationalPrefixes.first ?? "00") + e164.dropFirst()
    case .national:
      guard let digits = digits(after: "+" + country.callingCode, of: e164) else {
        return (country.internationalPrefixes.first ?? "00") + e164.dropFirst()
      }
      return (country.nationalPrefixes.first ?? "") + digits
    }
  }
}

extension DialledNumber: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    dialled = try reader.value()
    numberClass = try reader.value()
    e164 = try reader.value()
    country = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(dialled)
    writer.put(numberClass)
    writer.put(e164)
    writer.put(country)
  }
}

/// A number with its country's code, which may be the own one.
private func abroad(_ number: String, _ country: Country) -> (NumberClass, String?) {
  // E.164 §6.2.1: at most 15 digits, and no country code begins with zero.
  guard isDigits(number), number.utf8.count <= 15, number.utf8.first != UInt8(ascii: "0") else {
    return (.services, nil)
  }
  if let own = digits(after: country.callingCode, of: number), !own.isEmpty { return national(own, country) }
  let isCostly = Country.costlyCodes.contains { number.hasPrefix($0) }
  return (isCostly ? .premium : .international, "+" + number)
}

/// A number of the country without its prefix.
private func national(_ digits: String, _ country: Country) -> (NumberClass, String?) {
  guard digits.utf8.count >= 3, digits.utf8.count + country.callingCode.utf8.count <= 15 else {
    return (.services, nil)
  }
  if country.isPremium(digits) {
    return (.premium, "+" + country.callingCode + digits)
  }
  if country.isNorthAmerican { return northAmericanNational(digits) }
  // Behind a prefix no number begins with zero: "0 0" is a way abroad that is not in the table.
  guard digits.utf8.first != UInt8(ascii: "0") || country.keepsZero else { return (.services, nil) }
  return (.national, "+" + country.callingCode + digits)
}

/// A number without any prefix: whole where the country knows no prefix, of the own area where it does.
private func local(_ number: String, _ country: Country, _ area: String?) -> (NumberClass, String?) {
  // Help lines of social value, free everywhere in Europe (Commission Decision 2007/116/EC).
  if number.utf8.count == 6 && number.hasPrefix("116") { return (.national, nil) }
  if country.nationalPrefixes.isEmpty {
    guard number.utf8.count > 6 else { return (.services, nil) }
    return national(number, country)
  }
  // Where numbers have a prefix those without one that begin with 1 are services, or choose a carrier.
  guard number.utf8.first != UInt8(ascii: "1"), number.utf8.first != UInt8(ascii: "0"), number.utf8.count > 4 else {
    return (.services, nil)
  }
  guard let area, !area.isEmpty else { return (.national, nil) }
  return national(area + number, country)
}

private func northAmerican(_ number: String, _ country: Country, _ area: String?) -> (NumberClass, String?) {
  if let digits = digits(after: "011", of: number) { return abroad(digits, country) }
  switch number.utf8.count {
  case 11 where number.hasPrefix("1"): return national(String(number.dropFirst()), country)
  case 10: return national(number, country)
  case 7:
    guard let area, !area.isEmpty else { return number.hasPrefix("976") ? (.premium, nil) : (.national, nil) }
    return national(area + number, country)
  default: return (.services, nil)
  }
}

/// NXX NXX XXXX; of each area 976 is premium rate.
private func northAmericanNational(_ digits: String) -> (NumberClass, String?) {
  let bytes = Array(digits.utf8)
  guard bytes.count == 10, (50...57).contains(bytes[0]), (50...57).contains(bytes[3]) else { return (.services, nil) }
  let e164 = "+1" + digits
  if Country.northAmericanAbroad.contains(String(digits.prefix(3))) { return (.international, e164) }
  return (String(digits.dropFirst(3).prefix(3)) == "976" ? .premium : .national, e164)
}

private func digits(after prefix: String, of number: String) -> String? {
  number.hasPrefix(prefix) ? String(number.dropFirst(prefix.utf8.count)) : nil
}

private func isDigits(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy(isDigit) }

/// Without what makes a number readable (RFC 3966 §5.1.1), and blanks.
@export(interface)
public func strippedOfSeparators(_ text: String) -> String {
  let bytes = text.utf8.filter { byte in
    switch byte {
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: " "),
      UInt8(ascii: "/"):
      false
    default: true
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}

extension Array {
  /// The first result that isn't nil.
  fileprivate func firstMap<T>(_ body: (Element) -> T?) -> T? {
    for element in self {
      if let result = body(element) { return result }
    }
    return nil
  }
}
