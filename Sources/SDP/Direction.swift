/// Which ways media flows, seen by the one whose description says it (RFC 8866 §6.7).
public struct Direction: Hashable, Sendable {
  public var sends: Bool
  public var receives: Bool

  public init(sends: Bool, receives: Bool) {
    self.sends = sends
    self.receives = receives
  }

  public static let sendrecv = Direction(sends: true, receives: true)
  public static let sendonly = Direction(sends: true, receives: false)
  public static let recvonly = Direction(sends: false, receives: true)
  public static let inactive = Direction(sends: false, receives: false)

  /// The same streams seen by the other side.
  public var mirrored: Direction { Direction(sends: receives, receives: sends) }

  /// What both allow: an answer may take away from what was offered, never add (RFC 3264 §6.1).
  public func limited(to other: Direction) -> Direction {
    Direction(sends: sends && other.sends, receives: receives && other.receives)
  }

  /// The attribute's name.
  public var name: String {
    switch (sends, receives) {
    case (true, true): "sendrecv"
    case (true, false): "sendonly"
    case (false, true): "recvonly"
    case (false, false): "inactive"
    }
  }

  /// The direction that an attribute list states, if any.
  static func stated(in attributes: [Attribute]) -> Direction? {
    for attribute in attributes where attribute.value == nil {
      switch attribute.name {
      case "sendrecv": return .sendrecv
      case "sendonly": return .sendonly
      case "recvonly": return .recvonly
      case "inactive": return .inactive
      default: continue
      }
    }
    return nil
  }
}
