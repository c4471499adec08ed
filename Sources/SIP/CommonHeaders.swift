/// What a checked message is asked for again and again, parsed once. `Headers` forgets it when a field changes.
final class CommonHeaders: Sendable {
  let via: Via
  let from: NameAddress
  let to: NameAddress
  let cSeq: CSeq
  /// Nil where it is `*`.
  let contacts: [NameAddress]?

  init(via: Via, from: NameAddress, to: NameAddress, cSeq: CSeq, contacts: [NameAddress]?) {
    self.via = via
    self.from = from
    self.to = to
    self.cSeq = cSeq
    self.contacts = contacts
  }

  func replacing(_ via: Via) -> CommonHeaders {
    CommonHeaders(via: via, from: from, to: to, cSeq: cSeq, contacts: contacts)
  }
}
