/// What slots lie on: a card, or a file that holds one.
public protocol CardMedium {
  /// Writes at a place, in octets from the card's first.
  mutating func write(_ bytes: ArraySlice<UInt8>, at place: Int) throws(UpdateFault)
  mutating func read(_ count: Int, at place: Int) throws(UpdateFault) -> [UInt8]
  /// Returns when all that was written lies on the card, and what is read from then on comes from there.
  mutating func settle() throws(UpdateFault)
}
