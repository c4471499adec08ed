/// Why packets cannot be protected.
public enum SRTPError: Error, Hashable, Sendable {
  /// Keys of one direction must have one suite and identifiers of one length, those without one being single.
  case keysDiffer
  /// libsrtp refused, with its `srtp_err_status_t`.
  case library(Int32)

  /// A sentence for a person.
  public var description: String {
    switch self {
    case .keysDiffer:
      "the keys of one stream differ in suite or in the length of their MKI; name them in one a=crypto line each"
    case .library(let status):
      "libsrtp refused a key with status \(status); it is out of memory, or was built without this suite"
    }
  }
}
