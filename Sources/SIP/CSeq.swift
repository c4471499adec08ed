/// The sequence number and method of a request (RFC 3261 §20.16).
public struct CSeq: Hashable, Sendable {
  /// Below 2³¹ (§8.1.1.5).
  public var number: UInt32
  public var method: Method

  public init(_ number: UInt32, _ method: Method) {
    self.number = number
    self.method = method
  }

  public var description: String { String(number) + " " + method.name }
}
