import Media
import Wire

/// Where a phone has its media by ICE's word. It is asked but once, so another process has to know.
struct ProvedWay: Hashable, Sendable {
  var media: SocketAddress?
  var control: SocketAddress?
}

/// Those of all streams, by our even port, which one phone alone was told.
struct ProvedWays: Sendable {
  private(set) var ways: [UInt16: ProvedWay] = [:]
  /// Nil where nobody keeps them.
  var changed: Set<UInt16>?

  subscript(port: UInt16) -> ProvedWay? { ways[port] }

  mutating func note(_ port: UInt16, isControl: Bool, _ address: SocketAddress) {
    var way = ways[port] ?? ProvedWay()
    if isControl { way.control = address } else { way.media = address }
    set(port, way)
  }

  /// Takes in what another process had found.
  mutating func restore(_ port: UInt16, _ way: ProvedWay) { ways[port] = way }

  /// The port is nobody's any more, or somebody else's.
  mutating func forget(_ port: UInt16) { if ways[port] != nil { set(port, nil) } }

  private mutating func set(_ port: UInt16, _ way: ProvedWay?) {
    guard ways[port] != way else { return }
    ways[port] = way
    changed?.insert(port)
  }
}

extension ProvedWay: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    media = try reader.value()
    control = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(media)
    writer.put(control)
  }
}
