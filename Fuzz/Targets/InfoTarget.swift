import SIP

/// The body of an INFO about a key, in both forms: what is taken is a key of a time that makes sense, and is read again as
/// it was written.
func infoFault(_ bytes: [UInt8]) -> String? {
  for subtype in ["dtmf", "dtmf-relay"] {
    guard let key = DigitBody(MediaType("application", subtype), bytes) else { continue }
    guard key.digit < 16, (1...5000).contains(key.milliseconds) else { return "no key, or no time" }
    guard DigitBody(DigitBody.type, key.relayed) == key else { return "what was written isn't read" }
  }
  return nil
}
