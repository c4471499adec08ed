/// What went wrong with media; `description` says it to a person.
public enum MediaError: Error, Hashable, Sendable {
  /// The port was never reserved, or was already released.
  case portNotReserved(UInt16)
  /// No stream of that number is open.
  case noStream
  /// The thread could not start, with the errno.
  case threadRefused(Int32)

  public var description: String {
    switch self {
    case .portNotReserved(let port): "media port \(port) is not reserved"
    case .noStream: "there is no such media stream"
    case .threadRefused(let number): "the media thread could not start (errno \(number)): is memory short?"
    }
  }
}
