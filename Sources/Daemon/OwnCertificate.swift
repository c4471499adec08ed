import Platform
import Wire

/// The certificate of an exchange that was given none: signed by an own authority, which phones are told to trust once.
/// Both are made at the first start and kept in a folder; the certificate is renewed when it runs out, or when the box
/// has got another address.
struct OwnCertificate {
  let authority: TLSIdentity
  let leaf: TLSIdentity
  /// Why they could not be kept: the next start then makes others.
  private(set) var unkept: PlatformError?

  private static let day: Int64 = 86400
  /// 2025: a clock that says less is not set, as boards without a battery have it after power-up.
  private static let leastTime: Int64 = 1_735_689_600
  static let beginning: Int64 = 1_704_067_200
  /// The last second that a certificate of two-digit years can name (RFC 5280 §4.1.2.5).
  static let end: Int64 = 2_524_607_999

  /// Where it lies within the exchange's state.
  static func folder(_ state: String) -> String { state + "/tls" }

  /// Takes up what the folder holds, or what `before` was, and makes what is missing or no longer fits. `now` is the
  /// time of day in seconds since 1970.
  init(in state: String, names: [String], before: OwnCertificate?, now: Int64) throws(TLSError) {
    let folder = Self.folder(state)
    let isSet = now >= Self.leastTime
    let kept = try? TLSIdentity(certificate: folder + "/authority.pem", key: folder + "/authority.key")
    if let found = kept ?? before?.authority {
      authority = found
    } else {
      authority = try TLSIdentity.authority(name: "Sotto", from: Self.beginning, until: Self.end)
      unkept = Self.keep(authority, state, "authority")
    }
    let old = before?.leaf ?? (try? TLSIdentity(certificate: folder + "/server.pem", key: folder + "/server.key"))
    if let old, old.isSigned(by: authority), Self.fits(old, names, isSet ? now : nil) {
      leaf = old
      return
    }
    // Some phones take no certificate that is valid for more than 825 days.
    leaf =
      isSet
      ? try authority.issue(for: names, from: now - Self.day, until: now + 820 * Self.day)
      : try authority.issue(for: names, from: Self.beginning, until: Self.end)
    unkept = Self.keep(leaf, state, "server") ?? unkept
  }

  private static func fits(_ leaf: TLSIdentity, _ names: [String], _ now: Int64?) -> Bool {
    guard names.allSatisfy({ leaf.names($0) }) else { return false }
    guard let now else { return true }
    return (30 * day...821 * day).contains(leaf.expiry - now)
  }

  /// Writes certificate and key into the folder; why they could not be, or nil.
  static func keep(_ identity: TLSIdentity, _ state: String, _ name: String) -> PlatformError? {
    do throws(PlatformError) {
      try Files.makeFolder(state)
      try Files.makeFolder(folder(state))
      let path = folder(state) + "/" + name
      // One without the other, or not of the other, is made anew.
      try Files.writeAtomically(identity.keyPEM, to: path + ".key", mode: 0o600)
      try Files.writeAtomically(identity.certificatePEM, to: path + ".pem", mode: 0o644)
      return nil
    } catch {
      return error
    }
  }
}
