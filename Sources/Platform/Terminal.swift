import CLinux

/// Standard input as a terminal.
public struct Terminal {
  /// Has the terminal hand over each key without waiting for the line; nil where standard input is none.
  public static func takeKeysSingly() -> Terminal? {
    clinux_keys_singly(0) == 0 ? Terminal() : nil
  }

  /// Has the terminal show nothing of what is typed; nil where standard input is none.
  public static func hideKeys() -> Terminal? {
    clinux_hide_keys(0) == 0 ? Terminal() : nil
  }

  public func restore() { clinux_restore_terminal(0) }

  /// The next line of standard input, at most 1024 octets, without its end; nil where there is none.
  public static func readLine() -> [UInt8]? {
    var line: [UInt8] = []
    while let key = readKey() {
      if key == UInt8(ascii: "\n") { return line }
      if line.count < 1024 { line.append(key) }
    }
    return line.isEmpty ? nil : line
  }

  /// What standard input has, at most 1024 octets, once a poller has said that there is something; empty at its end, nil
  /// where it can't be read.
  public static func readAvailable() -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 1024)
    let count = bytes.withUnsafeMutableBytes { clinux_read(0, $0.baseAddress, 1024) }
    return count < 0 ? nil : Array(bytes.prefix(Int(count)))
  }

  /// The next byte of standard input; nil at its end.
  public static func readKey() -> UInt8? {
    var key: UInt8 = 0
    while true {
      let count = clinux_read(0, &key, 1)
      if count == 1 { return key }
      if count != -Int(EINTR) { return nil }
    }
  }
}

extension Files {
  public static func exists(_ path: String) -> Bool { clinux_exists(path) != 0 }
  public static func isExecutable(_ path: String) -> Bool { clinux_is_executable(path) != 0 }
}

extension Process {
  /// Writes a line to standard error if nobody has to wait for it; false where its reader is behind.
  public static func offerError(_ line: String) -> Bool {
    guard clinux_can_write(2) != 0 else { return false }
    writeError(line)
    return true
  }

  /// Runs a program with at most one argument to its end; its exit status, 128 and the signal that ended it, or 127
  /// where it could not be started.
  public static func run(_ words: [String]) -> Int32 {
    precondition((1...2).contains(words.count), "a program and at most one argument")
    let status = words.count == 2 ? clinux_run(words[0], words[1]) : clinux_run(words[0], nil)
    return status < 0 ? 127 : status
  }
}

extension Clock {
  /// Sets the time of day, in microseconds since 1970 UTC; needs root.
  public static func set(wall microseconds: Int64) throws(PlatformError) {
    try check(clinux_set_clock(microseconds), "clock_settime")
  }
}
