import Configuration
import Console
import Platform
import Wire

extension Server {
  /// Offers other certificates from now on; connections that stand are not touched.
  func offer(_ fresh: Certificates.Fresh, now: Instant) throws(TLSReadError) {
    let changed = try certificates.take(fresh, now: now)
    connections.tlsServer = certificates.server
    connections.tlsClient = certificates.client
    guard changed else { return }
    for identity in certificates.offered {
      log.write(
        .notice, "tls", "certificate offered",
        [
          LogField("sha256", identity.shownFingerprint), LogField("key", identity.keyKind),
          LogField("until", timestamp(microsecondsSince1970: identity.expiry * 1_000_000)),
        ])
    }
    guard let own = certificates.own else { return }
    log.write(
      .notice, "tls", "it is signed by the exchange's own authority",
      [LogField("sha256", own.authority.shownFingerprint), LogField("file", certificates.authorityFile)])
    if let unkept = own.unkept {
      log.write(
        .warning, "tls", "the own authority is not kept, so the next start makes another; name a folder by --state",
        [LogField("reason", unkept.description)])
    }
  }

  /// Readies WebSockets where `sip.listen` names any.
  func openWebSockets(_ configuration: Configuration) throws(TLSReadError) {
    guard webSockets == nil, configuration.listeners.contains(where: { $0.transport.isWebSocket }) else { return }
    do throws(TLSError) {
      webSockets = try WebSockets(poller: poller, entrance: connections.entrance, tls: certificates.server)
    } catch {
      throw .content(error)
    }
  }

  /// An own certificate is made anew before it runs out, or when the box has got another address.
  func renewCertificate(now: Instant) {
    guard let due = certificates.nextDeadline, due <= now else { return }
    do throws(TLSReadError) {
      try offer(certificates.prepare(configuration), now: now)
    } catch {
      log.write(.error, "tls", error.description)
    }
  }

  /// The certificates, for `status`.
  func certificateStatus() -> [JSON] {
    certificates.offered.map { identity in
      .object([
        JSON.Member("sha256", .text(identity.shownFingerprint)),
        JSON.Member("key", .text(identity.keyKind)),
        JSON.Member("until", .text(timestamp(microsecondsSince1970: identity.expiry * 1_000_000))),
        JSON.Member("authority_sha256", certificates.own.map { .text($0.authority.shownFingerprint) } ?? .null),
        JSON.Member("authority_file", certificates.own == nil ? .null : .text(certificates.authorityFile)),
      ])
    }
  }
}
