/// What a descriptor in the poller is, packed into the 64 bits that epoll carries.
enum Token: Equatable {
  case signals
  case media
  case udp(UInt32)
  case streamListener(UInt32)
  case connection(UInt32)
  case controlListener
  case controlClient(UInt32)
  /// A socket of the name resolver, by its descriptor.
  case names(UInt32)
  case recording

  var packed: UInt64 {
    switch self {
    case .signals: 0
    case .media: 1 << 32
    case .udp(let number): 2 << 32 | UInt64(number)
    case .streamListener(let number): 3 << 32 | UInt64(number)
    case .connection(let number): 4 << 32 | UInt64(number)
    case .controlListener: 5 << 32
    case .controlClient(let number): 6 << 32 | UInt64(number)
    case .names(let socket): 7 << 32 | UInt64(socket)
    case .recording: 8 << 32
    }
  }

  init?(packed: UInt64) {
    let number = UInt32(truncatingIfNeeded: packed)
    switch packed >> 32 {
    case 0: self = .signals
    case 1: self = .media
    case 2: self = .udp(number)
    case 3: self = .streamListener(number)
    case 4: self = .connection(number)
    case 5: self = .controlListener
    case 6: self = .controlClient(number)
    case 7: self = .names(number)
    case 8: self = .recording
    default: return nil
    }
  }
}
