import Configuration
import Platform
import Wire

/// What TLS connections are offered, and whom those trust that we open. Replaced as a whole by a reload, without an end
/// to any connection.
final class Certificates {
  /// The same for the life of the process; what it offers changes.
  let server: TLSServer
  private(set) var client: TLSClient?
  /// What is offered now.
  private(set) var offered: [TLSIdentity] = []
  private(set) var own: OwnCertificate?
  /// When to see whether the own certificate still fits.
  private(set) var nextDeadline: Instant?
  private let state: String

  /// `state` is the folder in which the exchange keeps what must outlive it.
  init(state: String) throws(StartError) {
    self.state = state
    do throws(TLSError) {
      server = try TLSServer()
    } catch {
      throw .tls(.content(error))
    }
  }

  /// What phones are given to trust.
  var authorityFile: String { OwnCertificate.folder(state) + "/authority.pem" }

  /// Checked and ready to be put in force.
  struct Fresh {
    fileprivate var identities: [TLSIdentity]
    fileprivate var own: OwnCertificate?
    fileprivate var client: TLSClient?
    fileprivate var oldest: TLSVersion
  }

  /// Reads all that the configuration names; nothing changes yet.
  func prepare(_ configuration: Configuration) throws(TLSReadError) -> Fresh {
    let settings = configuration.tls
    var fresh = Fresh(identities: [], own: nil, client: nil, oldest: settings.oldest.version)
    for files in settings.certificates {
      fresh.identities.append(try TLSIdentity(certificate: files.certificate, key: files.key))
    }
    do throws(TLSError) {
      if fresh.identities.isEmpty && configuration.listeners.contains(where: { $0.transport.isSecure }) {
        let made = try OwnCertificate(
          in: state, names: Self.names(configuration), before: own, now: Clock.wall() / 1_000_000)
        fresh.identities = [made.leaf]
        fresh.own = made
      }
      let client = try TLSClient(authorities: settings.authorities, oldest: fresh.oldest)
      // The own authority's says nothing to others, who may end the session over it.
      if fresh.own == nil { try client.present(fresh.identities) }
      fresh.client = client
    } catch {
      throw .content(error)
    }
    return fresh
  }

  /// Puts it in force; returns whether other certificates are offered than before.
  func take(_ fresh: Fresh, now: Instant) throws(TLSReadError) -> Bool {
    do throws(TLSError) {
      try server.offer(fresh.identities, oldest: fresh.oldest)
    } catch {
      throw .content(error)
    }
    let before = offered.map { $0.fingerprint }
    offered = fresh.identities
    own = fresh.own
    client = fresh.client
    nextDeadline = own == nil ? nil : now + .seconds(3600)
    return offered.map { $0.fingerprint } != before
  }

  /// The first ten bits of fe80::/10, whose addresses mean nothing without an interface.
  private static let linkLocal: UInt64 = 0x3fa

  /// By what phones may call the box: its domain, its addresses, and the one that it has behind a translator.
  private static func names(_ configuration: Configuration) -> [String] {
    var names = [configuration.domain]
    var addresses = Network.interfaces().map { $0.ip }
    if let external = configuration.media.externalAddress { addresses.append(external) }
    for ip in addresses where ip.isIPv4 || ip.high >> 54 != Self.linkLocal {
      let text = ip.description
      if !names.contains(text) && names.count < 32 { names.append(text) }
    }
    return names
  }
}

extension TLSIdentity {
  /// As it is compared by eye: `3A:F0:…`, 32 octets of SHA-256.
  var shownFingerprint: String {
    fingerprint.map { hexPair($0) }.joined(separator: ":")
  }
}

/// Two digits, upper case.
private func hexPair(_ byte: UInt8) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  return String(decoding: [digits[Int(byte >> 4)], digits[Int(byte & 15)]], as: UTF8.self)
}

extension TLSProtocol {
  fileprivate var version: TLSVersion {
    switch self {
    case .v10: .v10
    case .v11: .v11
    case .v12: .v12
    case .v13: .v13
    }
  }
}
