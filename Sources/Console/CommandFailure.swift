import Codecs
import Crypto
import Platform
import SecureVoice
import VoiceKey
import VoiceReport

/// Why a command ends without its work done.
struct CommandFailure: Error {
  /// A file, or the command.
  let about: String
  let reason: String

  init(_ about: String, _ reason: String) {
    self.about = about
    self.reason = reason
  }

  /// Does a command's work; its exit status, after the reason was said where there is one.
  static func status(_ work: () throws(CommandFailure) -> Void) -> Int32 {
    do throws(CommandFailure) {
      try work()
      return 0
    } catch {
      Process.writeError("sotto: \(error.about): \(error.reason)\n")
      return 1
    }
  }
}

/// An error that says to a person what is wrong.
protocol Explained: Error {
  var description: String { get }
}

extension CaptureFault: Explained {}
extension CodecError: Explained {}
extension CryptoError: Explained {}
extension PlatformError: Explained {}
extension RecordingFault: Explained {}
extension ReportFault: Explained {}
extension SoundCardError: Explained {}
extension VoiceRefusal: Explained {}

/// A step of a command's work; its error is about that.
func step<Value, Fault: Explained>(
  _ about: String, _ work: () throws(Fault) -> Value
) throws(CommandFailure) -> Value {
  do throws(Fault) {
    return try work()
  } catch {
    throw CommandFailure(about, error.description)
  }
}
