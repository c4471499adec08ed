import CLinux

/// This program, started a second time as a child, which ends with its parent.
public struct ChildProcess: Sendable {
  public let identifier: Int32

  /// `arguments` begins with the program's name; the child finds its end of the channel as descriptor 3.
  public init(_ arguments: [String], channel: DescriptorChannel) throws(PlatformError) {
    var bytes: [CChar] = []
    for argument in arguments { bytes += argument.utf8.map { CChar(bitPattern: $0) } + [0] }
    identifier = try check(clinux_start(bytes, Int32(arguments.count), channel.descriptor), "starting the exchange")
  }

  /// How it ended: its status, or 128 and the signal's number; nil while it runs.
  public func status() -> Int32? {
    let status = clinux_reap(identifier, 0)
    return status == -EAGAIN ? nil : status
  }
}

extension DescriptorChannel {
  /// The end that a child finds.
  public static func inherited() -> DescriptorChannel {
    // Its own children are to have no part in it.
    _ = clinux_close_on_exec(Int32(CLINUX_CHANNEL))
    return DescriptorChannel(descriptor: Int32(CLINUX_CHANNEL))
  }
}
