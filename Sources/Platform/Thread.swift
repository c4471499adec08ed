import CLinux

/// A POSIX thread with a small stack and all signals blocked.
public struct Thread: Sendable {
  private let handle: UInt

  /// Starts a thread; `name` shows in `top`, at most 15 letters.
  public static func start(
    name: String, stackSize: Int = 256 << 10, _ body: @escaping @Sendable () -> Void
  ) throws(PlatformError) -> Thread {
    let box = Unmanaged.passRetained(Body(run: body))
    var handle: UInt = 0
    let result = clinux_thread_start(
      { Unmanaged<Body>.fromOpaque($0!).takeRetainedValue().run() }, box.toOpaque(), stackSize, name, &handle)
    guard result == 0 else {
      box.release()
      throw .system("pthread_create", errno: -result)
    }
    return Thread(handle: handle)
  }

  /// Waits for its end; once only.
  public func join() { clinux_thread_join(handle) }

  /// Real-time round-robin priority for the calling thread, 1…99; false where it is not permitted.
  @discardableResult
  public static func makeRealtime(priority: Int32) -> Bool { clinux_thread_realtime(priority) == 0 }

  private final class Body {
    let run: @Sendable () -> Void
    init(run: @escaping @Sendable () -> Void) { self.run = run }
  }
}
