import CLinux

/// This program, started a second time as a child, which ends with its parent.
public struct ChildProcess: Sendable {
  public let identifier: Int32

  /// `arguments` begins with the program's name; the child finds its end of the channel as descriptor 3.
  public init(_ arguments: [String], channel: DescriptorChannel) throws(PlatformError) {
    identifier = try start(arguments, channel.descriptor, output: -1)
  }

  /// The child reads `input` from `inheritedInput`, which is no argument and no environment that others could see, and
  /// writes into `output`; it has no standard input. `input` is at most 4096 octets.
  public init(_ arguments: [String], input: [UInt8], output: Pipe) throws(PlatformError) {
    let pipe = try Pipe()
    defer { pipe.close() }
    let failure = Files.writeAll(input, to: pipe.writing)
    guard failure == 0 else { throw .system("write", errno: failure) }
    identifier = try start(arguments, pipe.reading, output: output.writing)
  }

  /// Where a child finds its input.
  public static let inheritedInput = "/proc/self/fd/\(CLINUX_CHANNEL)"

  /// How it ended: its status, or 128 and the signal's number; nil while it runs.
  public func status() -> Int32? {
    let status = clinux_reap(identifier, 0)
    return status == -EAGAIN ? nil : status
  }
}

private func start(_ arguments: [String], _ channel: Int32, output: Int32) throws(PlatformError) -> Int32 {
  var bytes: [CChar] = []
  for argument in arguments { bytes += argument.utf8.map { CChar(bitPattern: $0) } + [0] }
  return try check(clinux_start(bytes, Int32(arguments.count), channel, output), "starting a process")
}

/// A way for bytes from one process to another.
public struct Pipe: Sendable {
  public let reading: Int32
  public let writing: Int32

  public init() throws(PlatformError) {
    var ends: (Int32, Int32) = (0, 0)
    let result = withUnsafeMutableBytes(of: &ends) {
      clinux_pipe($0.baseAddress?.assumingMemoryBound(to: Int32.self))
    }
    try check(result, "pipe")
    (reading, writing) = ends
  }

  /// What waits to be read, at most 4096 octets; empty where nothing does.
  public func read() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = bytes.withUnsafeMutableBytes { clinux_read(reading, $0.baseAddress, 4096) }
    return Array(bytes.prefix(max(0, Int(count))))
  }

  public func close() {
    clinux_close(reading)
    clinux_close(writing)
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
