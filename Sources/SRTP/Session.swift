import CSRTP
import Crypto

/// The packets of one direction under one set of keys, by libsrtp: each source that they come from has a roll-over counter
/// and a replay window of its own (RFC 3711 §3.2).
final class Session {
  /// Packets that may be this far behind the newest, where the other end wishes no more.
  static let standardWindow: UInt32 = 128

  private var context: srtp_t?
  private let suite: SRTPSuite
  private let octets: [UInt8]
  private let identifiers: [UInt8]
  private let count: UInt32
  private let identifierLength: Int
  private let window: UInt32

  /// For one source, or where `ssrc` is nil for each that the other end uses.
  init(_ keys: [SRTPKey], ssrc: UInt32?, window: UInt32 = Session.standardWindow) throws(SRTPError) {
    guard let first = keys.first, keys.count <= CSRTP_MOST_KEYS,
      keys.allSatisfy({ $0.suite == first.suite && $0.identifier.count == first.identifier.count }),
      keys.count == 1 || !first.identifier.isEmpty
    else { throw .keysDiffer }
    guard Self.isReady else { throw .library(Int32(bitPattern: srtp_err_status_init_fail.rawValue)) }
    suite = first.suite
    octets = keys.flatMap { $0.octets }
    // Never empty, so that C gets a pointer.
    identifiers = keys.flatMap { $0.identifier } + [0]
    count = UInt32(keys.count)
    identifierLength = first.identifier.count
    self.window = window
    try add(ssrc)
  }

  deinit { if let context { srtp_dealloc(context) } }

  private static let isReady = srtp_init() == srtp_err_status_ok

  private func add(_ ssrc: UInt32?) throws(SRTPError) {
    let status = csrtp_add(
      &context, Int32(suite.rawValue), octets, UInt32(suite.length), count, identifiers, UInt32(identifierLength),
      ssrc.map { Int64($0) } ?? -1, window)
    guard status == srtp_err_status_ok else { throw .library(Int32(bitPattern: status.rawValue)) }
  }

  // MARK: sources

  /// Begins anew with a source, at that roll-over counter.
  func begin(_ ssrc: UInt32, rollover: UInt32) throws(SRTPError) {
    forget(ssrc)
    try add(ssrc)
    // libsrtp takes 0 for nothing to do, and begins there by itself.
    if rollover != 0 { _ = srtp_set_stream_roc(context, ssrc, rollover) }
  }

  func forget(_ ssrc: UInt32) { _ = srtp_remove_stream(context, ssrc.bigEndian) }

  /// Of the last packet of that source; nil before its first.
  func rollover(of ssrc: UInt32) -> UInt32? {
    var rollover: UInt32 = 0
    return srtp_get_stream_roc(context, ssrc, &rollover) == srtp_err_status_ok ? rollover : nil
  }

  // MARK: packets

  /// Octets that a packet grows by.
  func growth(isControl: Bool) -> Int {
    (isControl ? suite.controlTagLength : suite.tagLength) + identifierLength
  }

  /// Encrypts and signs the first `count` octets in place; returns how many there are then, 0 where libsrtp refuses.
  func protect(_ packet: UnsafeMutableRawBufferPointer, count: Int, isControl: Bool) -> Int {
    guard count >= 8, count + growth(isControl: isControl) <= packet.count else { return 0 }
    var length = Int32(count)
    let usesIdentifier: UInt32 = identifierLength > 0 ? 1 : 0
    let status =
      isControl
      ? srtp_protect_rtcp_mki(context, packet.baseAddress, &length, usesIdentifier, 0)
      : srtp_protect_mki(context, packet.baseAddress, &length, usesIdentifier, 0)
    return status == srtp_err_status_ok ? Int(length) : 0
  }

  /// What came of a packet.
  enum Opened: Equatable {
    /// It is genuine, and has so many octets now.
    case opened(Int)
    /// It came before, or may have.
    case replayed
    case refused
  }

  func unprotect(_ packet: UnsafeMutableRawBufferPointer, isControl: Bool) -> Opened {
    guard packet.count >= 8 + growth(isControl: isControl) else { return .refused }
    var length = Int32(packet.count)
    let usesIdentifier: UInt32 = identifierLength > 0 ? 1 : 0
    let status =
      isControl
      ? srtp_unprotect_rtcp_mki(context, packet.baseAddress, &length, usesIdentifier)
      : srtp_unprotect_mki(context, packet.baseAddress, &length, usesIdentifier)
    switch status {
    case srtp_err_status_ok: return .opened(Int(length))
    case srtp_err_status_replay_fail, srtp_err_status_replay_old: return .replayed
    default: return .refused
    }
  }
}
