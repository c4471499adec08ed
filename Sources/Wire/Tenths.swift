/// A number with one digit behind its point.
@export(interface)
public func tenths(_ number: Double) -> String {
  let tenths = Int((number * 10).rounded())
  return (tenths < 0 ? "-" : "") + "\(abs(tenths) / 10).\(abs(tenths) % 10)"
}
