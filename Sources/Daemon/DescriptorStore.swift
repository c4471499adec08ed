import Platform

/// The sockets that the supervisor holds for this process and for the one after it, by name.
///
/// A socket that stays open takes in what comes while nobody reads, and no port is lost to another program.
final class DescriptorStore {
  enum Verb {
    /// Hold these open until they are dropped; a name that is held already gets the new one.
    static let keep = UInt8(ascii: "K")
    static let drop = UInt8(ascii: "D")
    /// The configuration file was read, and is in force.
    static let configured = UInt8(ascii: "C")
    /// From the supervisor: these were all.
    static let end = UInt8(ascii: "E")
  }

  private let channel: DescriptorChannel?
  /// What an earlier process left and nobody has taken yet.
  private var left: [String: Int32] = [:]

  /// Without a supervisor nothing is held, and nothing was left.
  init(supervised: Bool) {
    channel = supervised ? .inherited() : nil
    guard let channel else { return }
    while case .message(let message) = channel.receive(waiting: true), message.verb == Verb.keep {
      for (name, descriptor) in zip(message.names, message.descriptors) { left[name] = descriptor }
    }
  }

  /// Names that were left, in no order.
  var names: [String] { Array(left.keys) }

  /// The socket of that name, if an earlier process left one; it stays held.
  func take(_ name: String) -> Int32? { left.removeValue(forKey: name) }

  func keep(_ sockets: [(name: String, descriptor: Int32)]) {
    channel?.send(Verb.keep, sockets.map { $0.name }, sockets.map { $0.descriptor })
  }

  func drop(_ names: [String]) { channel?.send(Verb.drop, names) }

  /// Tells the supervisor, who runs what the configuration names beside the exchange.
  func tellConfigured() { _ = channel?.send(.init(Verb.configured)) }

  /// Closes what nobody took, here and at the supervisor.
  func dropRest() {
    for descriptor in left.values { Descriptors.close(descriptor) }
    drop(names)
    left = [:]
  }
}
