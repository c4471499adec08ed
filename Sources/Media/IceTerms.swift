/// What was agreed upon ICE with a phone (RFC 8445), to which the box is a lite agent.
public struct IceTerms: Hashable, Sendable {
  /// What the phone's checks call the box, and the password that signs them: `ice-ufrag` and `ice-pwd` of the box's SDP.
  public var fragment: [UInt8]
  public var password: [UInt8]
  /// The phone's `ice-ufrag`: another one is another beginning.
  public var theirs: [UInt8]
  /// Names the dialog with the phone: that of another is another phone, not a restart.
  public var dialog: UInt64
  /// False for another lite agent: then neither side checks anything, and media goes to where SDP says.
  public var makesChecks: Bool

  public init(fragment: String, password: String, theirs: String, dialog: UInt64 = 0, makesChecks: Bool = true) {
    self.fragment = Array(fragment.utf8)
    self.password = Array(password.utf8)
    self.theirs = Array(theirs.utf8)
    self.dialog = dialog
    self.makesChecks = makesChecks
  }
}
