import CLinux

/// What Linux refused; `description` says it to a person.
public enum PlatformError: Error, Equatable, Sendable {
  /// A system call failed with this errno.
  case system(_ operation: StaticString, errno: Int32)
  /// A file or socket with this path could not be used.
  case path(_ operation: StaticString, path: String, errno: Int32)
  /// The address could not be bound.
  case bind(address: String, errno: Int32)
  /// The file is larger than its reader allows.
  case tooLarge(path: String, limit: Int)

  /// The errno, where there is one.
  public var errno: Int32? {
    switch self {
    case .system(_, let number), .path(_, _, let number), .bind(_, let number): number
    case .tooLarge: nil
    }
  }

  public var description: String {
    switch self {
    case .system(let operation, let number): "\(operation): \(errorText(number))"
    case .path(let operation, let path, let number): "\(operation) \(path): \(errorText(number))"
    case .bind(let address, let number):
      "cannot listen on \(address): \(errorText(number))"
        + (number == EADDRINUSE ? "; stop the program that has it, or choose another port" : "")
    case .tooLarge(let path, let limit): "\(path) is larger than \(limit) bytes"
    }
  }

  public static func == (a: PlatformError, b: PlatformError) -> Bool {
    a.errno == b.errno && a.description == b.description
  }
}

/// The system's words for an errno.
public func errorText(_ number: Int32) -> String { String(cString: clinux_error_text(number)) }

/// Turns the shim's negative errno into an error.
@discardableResult
func check(_ result: Int32, _ operation: StaticString) throws(PlatformError) -> Int32 {
  guard result >= 0 else { throw .system(operation, errno: -result) }
  return result
}
