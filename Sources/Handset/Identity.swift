import Crypto
import Phone
import Platform
import SecureVoice
import VoiceKey
import Wire

/// Who this phone is to others, and whom it remembers.
final class Acquaintances {
  /// The Ed25519 secret, 32 octets.
  let secret: [UInt8]
  /// Made for this run, for want of a file.
  let isTemporary: Bool
  private let path: String?
  private var book: PeerBook

  var fingerprint: String { identityFingerprint(Ed25519(secret: secret).publicKey) }

  init(_ options: HandsetOptions) throws(HandsetError) {
    if let file = options.identity {
      secret = try openIdentity(file, passphrase: options.passphrase)
      isTemporary = false
    } else {
      do throws(CryptoError) {
        secret = try randomBytes(32)
      } catch {
        throw .random(error)
      }
      isTemporary = true
    }
    path = options.peers
    guard let path, Files.exists(path) else {
      book = PeerBook()
      return
    }
    guard let read = PeerBook(try readFile(path)) else { throw .peers(path: path) }
    book = read
  }

  subscript(_ number: String) -> PeerRecord? { book[number] }

  /// Remembers a phone; false where the file can't be written.
  func remember(_ record: PeerRecord, of number: String) -> Bool {
    book[number] = record
    guard let path else { return true }
    return (try? Files.writeAtomically(Array(book.text.utf8), to: path)) != nil
  }
}

func readFile(_ path: String, limit: Int = 4 << 20) throws(HandsetError) -> [UInt8] {
  do throws(PlatformError) {
    return try Files.read(path, limit: limit)
  } catch {
    throw .file(error)
  }
}

private func openIdentity(_ path: String, passphrase: String?) throws(HandsetError) -> [UInt8] {
  let text = String(decoding: try readFile(path, limit: 4096), as: UTF8.self)
  var words = try readPassphrase(passphrase)
  defer { wipe(&words) }
  do throws(IdentityFileError) {
    return try SealedIdentity(text).open(words)
  } catch {
    throw .identity(path: path, error)
  }
}

/// From a file, the environment, or who sits at the terminal.
private func readPassphrase(_ path: String?) throws(HandsetError) -> [UInt8] {
  if let path {
    do throws(PlatformError) {
      return try Files.firstLine(of: path)
    } catch {
      throw .file(error)
    }
  }
  if let words = Process.environment("SOTTO_PASSPHRASE") { return Array(words.utf8) }
  return try askHidden("Passphrase of the identity: ", orElse: .noPassphrase)
}

/// What is typed at the terminal, which does not show it.
func askHidden(_ question: String, orElse failure: HandsetError) throws(HandsetError) -> [UInt8] {
  guard let terminal = Terminal.hideKeys() else { throw failure }
  defer { terminal.restore() }
  Process.writeError(question)
  return Terminal.readLine() ?? []
}
