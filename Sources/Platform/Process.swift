import CLinux

/// This process.
public enum Process {
  /// The arguments after the program's name. Embedded Swift has no `CommandLine`.
  public static func arguments() -> [String] {
    guard let bytes = try? Files.read("/proc/self/cmdline", limit: 1 << 20) else { return [] }
    // Each ends in a NUL, so the split leaves an empty part at the end.
    return bytes.split(separator: 0, omittingEmptySubsequences: false).dropFirst().dropLast()
      .map { String(decoding: $0, as: UTF8.self) }
  }

  public static func environment(_ name: String) -> String? {
    guard let value = clinux_environment(name) else { return nil }
    return String(cString: value)
  }

  /// Sets or, with nil, removes a variable of the environment; no other thread may look at it meanwhile.
  public static func setEnvironment(_ name: String, _ value: String?) { _ = clinux_set_environment(name, value) }

  public static var identifier: Int32 { clinux_pid() }

  /// How many processors this process may use.
  public static var processors: Int { Int(clinux_processors()) }

  /// Writes to standard error in one call, so that lines of two threads do not mix.
  public static func writeError(_ text: String) { _ = Files.writeAll(Array(text.utf8), to: 2) }

  public static func writeOutput(_ text: String) { _ = Files.writeAll(Array(text.utf8), to: 1) }

  /// Ends the process at once.
  public static func exit(_ status: Int32) -> Never { clinux_exit(status) }

  /// Allows as many descriptors as the hard limit does; returns how many.
  @discardableResult
  public static func raiseDescriptorLimit() throws(PlatformError) -> Int32 {
    try check(clinux_raise_descriptor_limit(), "setrlimit")
  }

  /// Sends a signal; returns 0 or the errno. Signal 0 asks whether the process lives.
  public static func signal(_ signal: Int32, process: Int32) -> Int32 { -clinux_kill(process, signal) }

  /// Becomes this user, where root, and keeps no right but to configure the network.
  public static func keepOnlyNetworkRight(user: UInt32) throws(PlatformError) {
    try check(clinux_keep_only_net_admin(Int32(truncatingIfNeeded: user)), "keeping CAP_NET_ADMIN")
  }
}
