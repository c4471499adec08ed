import Platform
import Wire

/// The certificate that handshakes of DTLS show, for which the descriptions of sessions vouch. It is kept, so that what
/// they say holds after a restart.
enum MediaCertificate {
  static func context(_ state: String) throws(StartError) -> DTLSContext {
    let path = OwnCertificate.folder(state) + "/media"
    do throws(TLSError) {
      if let kept = try? TLSIdentity(certificate: path + ".pem", key: path + ".key") { return try DTLSContext(kept) }
      let made = try TLSIdentity.nobody(from: OwnCertificate.beginning, until: OwnCertificate.end)
      // Where it can't be kept, the next start makes another, as after any first start.
      _ = OwnCertificate.keep(made, state, "media")
      return try DTLSContext(made)
    } catch {
      throw .tls(.content(error))
    }
  }
}
