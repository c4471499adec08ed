import KernelRelay
import Platform
import Wire

/// What the signalling thread tells a media thread.
enum Order: Sendable {
  /// With the sockets of a port that the command names for the first time.
  case command(Command, PortPair?)
  case kernel(KernelNews)
  /// What is played from now on to who is held.
  case music(Music?)
  /// Ends the thread.
  case end
}

/// What a media thread tells the signalling thread.
enum Notice: Sendable {
  case event(Event)
  case kernel(RelayRequest)
}

/// What the signalling thread and one media thread hold together.
final class MediaChannel: Sendable {
  let orders = Ring<Order>(capacity: 512)
  let notices = Ring<Notice>(capacity: 512)
  /// Tells the media thread of orders.
  let orderWake: WakeEvent
  /// Tells the signalling thread of notices; one for all media threads.
  let noticeWake: WakeEvent

  init(orderWake: WakeEvent, noticeWake: WakeEvent) {
    self.orderWake = orderWake
    self.noticeWake = noticeWake
  }

  /// To be called by the signalling thread alone.
  func push(_ order: Order) {
    // The media thread empties the ring between any two batches, so a full one has room within the millisecond.
    while !orders.push(order) {
      orderWake.signal()
      Clock.sleep(.microseconds(100))
    }
    orderWake.signal()
  }
}
