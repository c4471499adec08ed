import Codecs
import Crypto
import Phone
import Platform
import SIP
import VoiceKey

/// Why the phone can't be switched on.
public enum HandsetError: Error {
  case account(AccountError)
  case file(PlatformError)
  case wave(path: String, CodecError)
  case identity(path: String, IdentityFileError)
  case noPassphrase
  case peers(path: String)
  case audio(String)
  case soundCard(SoundCardError)
  case server(ServerSearchFailure)
  case noRoute(String)
  case noAuthorities(TLSError)
  case random(CryptoError)
  case encryptionNeedsTLS

  public var description: String {
    switch self {
    case .account(let error): error.description
    case .file(let error): error.description
    case .wave(let path, let error): path + ": " + error.description
    case .identity(let path, let error): path + ": " + error.description
    case .noPassphrase:
      "the identity is sealed: give its passphrase by --passphrase FILE, by SOTTO_PASSPHRASE, or in a terminal"
    case .peers(let path):
      path + ": a line is no record of a phone; mend it, or move it away if nobody is to be remembered any more"
    case .audio(let found):
      "found --audio \(found), expected alsa:DEVICE, file:IN.wav,OUT.wav, file:IN.wav, tone or echo"
    case .soundCard(let error): error.description
    case .server(let failure): failure.description
    case .noRoute(let address): "there is no route to \(address)"
    case .noAuthorities(let error): error.description
    case .random(let error): error.description
    case .encryptionNeedsTLS:
      "encryption is required, but its keys would be read on the way: add ;transport=tls to the account's uri"
    }
  }
}
