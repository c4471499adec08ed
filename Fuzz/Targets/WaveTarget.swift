import Codecs
import SecureVoice

/// A WAV file: what is read can be written and read again, and nobody without the key makes a sealed recording that opens.
func waveFault(_ bytes: [UInt8]) -> String? {
  if let sound = try? WaveFile(bytes) {
    guard let again = try? WaveFile(WaveFile.bytes(of: sound.samples, rate: sound.rate)),
      again.samples == sound.samples, again.rate == sound.rate
    else { return "samples that were written are not read" }
  }
  guard let file = try? MuLawFile(bytes) else { return nil }
  guard let again = try? MuLawFile(file.bytes), again.octets == file.octets, again.note == file.note else {
    return "octets that were written are not read"
  }
  guard let recording = try? SealedRecording(payloads: file.octets, note: file.note) else { return nil }
  let key = [UInt8](repeating: 5, count: SealedRecording.keyCount)
  if (try? recording.open(key: key)) != nil { return "a recording opens that nobody sealed" }
  return nil
}
