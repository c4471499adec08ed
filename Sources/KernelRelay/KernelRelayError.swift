import CLinux
import Platform

/// Why the kernel does not relay; `description` says it to a person.
public enum KernelRelayError: Error, Hashable, Sendable {
  /// The process may not change what the kernel does with packets.
  case notPermitted
  /// The kernel lacks a part.
  case kernelLacks(errno: Int32)
  /// Another helper has the table.
  case taken
  /// Netlink failed otherwise.
  case netlink(errno: Int32)
  /// The kernel did not answer.
  case noAnswer
  /// There is no route to the phone.
  case noRoute

  init(errno number: Int32) {
    switch number {
    case EPERM, EACCES: self = .notPermitted
    case ENOENT, EOPNOTSUPP, EPROTONOSUPPORT, EAFNOSUPPORT, EINVAL: self = .kernelLacks(errno: number)
    default: self = .netlink(errno: number)
    }
  }

  public var description: String {
    switch self {
    case .notPermitted: "changing the kernel's packet rules needs CAP_NET_ADMIN, which this process lacks"
    case .kernelLacks(let number):
      "the kernel lacks a part (\(errorText(number))): it needs nf_tables, nft_dup_ipv4 and nft_dup_ipv6"
    case .taken: "the table 'sotto' belongs to another process; end the other relay helper"
    case .netlink(let number): "netlink: \(errorText(number))"
    case .noAnswer: "the kernel did not answer on netlink"
    case .noRoute: "there is no route to the phone"
    }
  }
}
