import Synchronization

/// A queue between two threads without a lock: one pushes, one pops.
final class Ring<Element: Sendable>: @unchecked Sendable {
  private let slots: UnsafeMutablePointer<Element>
  private let mask: Int
  /// How many were ever pushed, and popped; each is written by one thread alone.
  private let pushed = Atomic<Int>(0)
  private let popped = Atomic<Int>(0)

  /// Room for `capacity`, a power of two.
  init(capacity: Int) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0)
    slots = .allocate(capacity: capacity)
    mask = capacity - 1
  }

  deinit {
    while pop() != nil {}
    slots.deallocate()
  }

  /// False where it is full.
  func push(_ element: consuming Element) -> Bool {
    let end = pushed.load(ordering: .relaxed)
    guard end &- popped.load(ordering: .acquiring) <= mask else { return false }
    (slots + (end & mask)).initialize(to: element)
    pushed.store(end &+ 1, ordering: .releasing)
    return true
  }

  func pop() -> Element? {
    let start = popped.load(ordering: .relaxed)
    guard start != pushed.load(ordering: .acquiring) else { return nil }
    let element = (slots + (start & mask)).move()
    popped.store(start &+ 1, ordering: .releasing)
    return element
  }
}
