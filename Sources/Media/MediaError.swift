/// What went wrong with media; `description` says it to a person.
public enum MediaError: Error, Hashable, Sendable {
  /// No even/odd pair of ports in the range could be bound.
  case noPort(first: UInt16, last: UInt16)
  /// The port was never reserved, or was already released.
  case portNotReserved(UInt16)
  /// The thread could not start, with the errno.
  case threadRefused(Int32)

  public var description: String {
    switch self {
    case .noPort(let first, let last):
      "no free pair of media ports in \(first)-\(last): raise media.ports, or see what else has them"
    case .portNotReserved(let port): "media port \(port) is not reserved"
    case .threadRefused(let number): "the media thread could not start (errno \(number)): is memory short?"
    }
  }
}
