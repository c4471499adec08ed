import Crypto
import Foundation
import Updates

/// The files of the key by which updates are signed.
public enum UpdateKeyFile {
  /// Draws a key and writes `update.key`, to be kept, and `update.pub`, which goes into images; refuses to replace one.
  public static func make(in folder: URL) throws(ImageError) -> [URL] {
    let (secretFile, publicFile) = (
      folder.appendingPathComponent("update.key"), folder.appendingPathComponent("update.pub")
    )
    guard !FileManager.default.fileExists(atPath: secretFile.path) else {
      throw .file(secretFile.path, problem: "is there already: boards that know it would take no other's bundles")
    }
    let secret: [UInt8]
    do throws(CryptoError) {
      secret = try randomBytes(32)
    } catch {
      throw .file(secretFile.path, problem: error.description)
    }
    try Files.write(UpdateKey.file(secret: secret), to: secretFile, mode: 0o600)
    try Files.write(UpdateKey.file(public: Ed25519(secret: secret).publicKey), to: publicFile)
    return [secretFile, publicFile]
  }

  public static func publicKey(_ url: URL) throws(ImageError) -> [UInt8] {
    try read(url) { file throws(UpdateFault) in try UpdateKey.publicKey(of: file) }
  }

  public static func signer(_ url: URL) throws(ImageError) -> Ed25519 {
    Ed25519(secret: try read(url) { file throws(UpdateFault) in try UpdateKey.secret(of: file) })
  }

  private static func read(
    _ url: URL, _ key: ([UInt8]) throws(UpdateFault) -> [UInt8]
  ) throws(ImageError) -> [UInt8] {
    let file = try Files.read(url)
    do throws(UpdateFault) {
      return try key(file)
    } catch {
      throw .damaged(url.path, problem: error.description)
    }
  }
}
