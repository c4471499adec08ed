import CLinux

/// Where two processes hand each other open descriptors by name.
public struct DescriptorChannel: Sendable {
  public let descriptor: Int32

  /// Descriptors that fit into one message.
  public static let most = Int(CLINUX_DESCRIPTORS)
  /// Octets that a message may have.
  private static let longest = 8192

  /// A message: what it is for, and of each descriptor its name.
  public struct Message: Sendable {
    public var verb: UInt8
    public var names: [String]
    /// As many as names, or none. Whoever takes the message owns them.
    public var descriptors: [Int32]

    public init(_ verb: UInt8, _ names: [String] = [], _ descriptors: [Int32] = []) {
      self.verb = verb
      self.names = names
      self.descriptors = descriptors
    }
  }

  public enum Received: Sendable {
    case message(Message)
    /// Nothing waits.
    case nothing
    /// The other end is gone, or talks nonsense.
    case end
  }

  public init(descriptor: Int32) { self.descriptor = descriptor }

  /// Both ends of a new channel.
  public static func pair() throws(PlatformError) -> (DescriptorChannel, DescriptorChannel) {
    var ends: (Int32, Int32) = (0, 0)
    let result = withUnsafeMutableBytes(of: &ends) {
      clinux_channel($0.baseAddress?.assumingMemoryBound(to: Int32.self))
    }
    try check(result, "socketpair")
    return (DescriptorChannel(descriptor: ends.0), DescriptorChannel(descriptor: ends.1))
  }

  public func close() { clinux_close(descriptor) }

  /// Sends a message of at most `most` names, waiting for room; false where the other end is gone. The descriptors stay
  /// open here too.
  public func send(_ message: Message) -> Bool {
    var bytes = [message.verb]
    for name in message.names { bytes += Array(name.utf8) + [0] }
    guard bytes.count <= Self.longest else { return false }
    return clinux_send_descriptors(
      descriptor, bytes, bytes.count, message.descriptors, Int32(message.descriptors.count)) == bytes.count
  }

  /// The same for any number of names, in as many messages as they take.
  public func send(_ verb: UInt8, _ names: [String], _ descriptors: [Int32] = []) {
    for start in stride(from: 0, to: names.count, by: Self.most) {
      let part = start..<min(start + Self.most, names.count)
      _ = send(Message(verb, Array(names[part]), descriptors.isEmpty ? [] : Array(descriptors[part])))
    }
  }

  /// The next message.
  public func receive(waiting: Bool) -> Received {
    var bytes = [UInt8](repeating: 0, count: Self.longest)
    var descriptors = [Int32](repeating: -1, count: Self.most)
    var many: Int32 = 0
    let count = clinux_receive_descriptors(descriptor, &bytes, bytes.count, &descriptors, &many, waiting ? 1 : 0)
    if count == -Int(EAGAIN) { return .nothing }
    guard count > 0 else { return .end }
    let names = bytes[1..<count].split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    descriptors.removeLast(descriptors.count - Int(many))
    guard descriptors.isEmpty || descriptors.count == names.count else {
      for descriptor in descriptors { clinux_close(descriptor) }
      return .end
    }
    return .message(Message(bytes[0], names, descriptors))
  }
}

/// Descriptors of any kind.
public enum Descriptors {
  public static func close(_ descriptor: Int32) { clinux_close(descriptor) }
}
