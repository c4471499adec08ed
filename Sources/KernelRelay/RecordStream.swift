import Platform

/// One end of the socket between `serve` and the helper: whole records in and out, without waiting.
struct RecordStream {
  /// A peer that leaves this much unread is as good as gone.
  private static let mostUnsent = 1 << 20

  let socket: StreamSocket
  private var received: [UInt8] = []
  private var unsent: [UInt8] = []
  private(set) var isBroken = false

  init(_ socket: StreamSocket) { self.socket = socket }

  /// Whether something waits for the socket to take it.
  var hasUnsent: Bool { !unsent.isEmpty }

  /// Adds a record; `flush` sends it.
  mutating func add(_ write: (inout [UInt8]) -> Void) { write(&unsent) }

  mutating func flush() {
    while !unsent.isEmpty, !isBroken {
      switch socket.write(unsent[...]) {
      case .moved(let count): unsent.removeFirst(count)
      case .wouldBlock:
        if unsent.count > Self.mostUnsent { isBroken = true }
        return
      case .closed, .failed: isBroken = true
      }
    }
  }

  /// Reads what has come and hands over each whole record.
  mutating func read(size: Int, _ body: (ArraySlice<UInt8>) -> Void) {
    while true {
      let transfer = socket.read(into: &received, limit: 8 << 10)
      guard case .moved(let count) = transfer else {
        if transfer != .wouldBlock { isBroken = true }
        break
      }
      if count < 8 << 10 { break }
    }
    var start = 0
    while received.count - start >= size {
      body(received[start..<start + size])
      start += size
    }
    received.removeFirst(start)
  }
}
