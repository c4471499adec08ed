/// A request method. Case-sensitive (RFC 3261 §7.1); any token may stand here.
public struct Method: Hashable, Sendable {
  public let name: String

  public init(_ name: String) { self.name = name }

  public static let invite = Method("INVITE")
  public static let ack = Method("ACK")
  public static let bye = Method("BYE")
  public static let cancel = Method("CANCEL")
  public static let register = Method("REGISTER")
  public static let options = Method("OPTIONS")
  public static let info = Method("INFO")
  public static let update = Method("UPDATE")
  public static let prack = Method("PRACK")
  public static let subscribe = Method("SUBSCRIBE")
  public static let notify = Method("NOTIFY")
  public static let refer = Method("REFER")
  public static let message = Method("MESSAGE")
  public static let publish = Method("PUBLISH")

  /// Whether it is one of those that IANA lists, served here or not.
  var isRegistered: Bool { Method.registered.contains(self) }

  private static let registered: [Method] = [
    .invite, .ack, .bye, .cancel, .register, .options, .info, .update, .prack, .subscribe, .notify, .refer, .message,
    .publish,
  ]

  public var description: String { name }
}
