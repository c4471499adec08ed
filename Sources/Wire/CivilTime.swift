/// A time of day as RFC 3339 writes it in UTC with milliseconds: `2026-03-01T09:30:00.125Z`. For log lines only.
public func timestamp(microsecondsSince1970 time: Int64) -> String {
  let milliseconds = floorDivide(time, 1000)
  let seconds = floorDivide(milliseconds, 1000)
  let days = floorDivide(seconds, 86400)
  let second = Int(seconds - days * 86400)
  let date = civilDate(daysSince1970: days)
  return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))T"
    + "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))."
    + "\(padded(Int(milliseconds - seconds * 1000), 3))Z"
}

/// The Gregorian date of a day. A year is counted from March, so that the leap day comes last: within one of 400 years
/// (146 097 days) the year follows from the day, then the month from the day of the year, 153 days every five months.
private func civilDate(daysSince1970 days: Int64) -> (year: Int, month: Int, day: Int) {
  let sinceMarch0000 = days + 719_468
  let era = floorDivide(sinceMarch0000, 146_097)
  let dayOfEra = Int(sinceMarch0000 - era * 146_097)
  let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let monthFromMarch = (5 * dayOfYear + 2) / 153
  let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  return (yearOfEra + Int(era) * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
}

private func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? a / b : -((b - 1 - a) / b) }

/// A number with zeros in front, at least `width` digits.
public func padded(_ number: Int, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
