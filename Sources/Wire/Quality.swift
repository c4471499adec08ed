/// How well one direction of a leg is heard.
public struct Quality: Hashable, Sendable {
  /// Packets that got lost, of 10,000.
  public var loss: UInt32
  /// How unevenly packets come (RFC 3550 §6.4.1).
  public var jitter: Interval
  /// What listeners would say, 100 (bad) … 450 (excellent), by the E-model.
  public var score: UInt32

  public init(loss: UInt32, jitter: Interval, score: UInt32) {
    self.loss = loss
    self.jitter = jitter
    self.score = score
  }
}

extension Quality: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    loss = try reader.value()
    jitter = try reader.value()
    score = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(loss)
    writer.put(jitter)
    writer.put(score)
  }
}
