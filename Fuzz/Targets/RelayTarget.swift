import KernelRelay

/// A request to the relay helper: what is taken has to be sound, and to survive being written.
func relayFault(_ bytes: [UInt8]) -> String? {
  if let request = RelayRequest(bytes[...]) {
    if case .take(let number, let leg) = request {
      guard number != 0, leg.isSound else { return "a leg that the kernel must not have is taken" }
    }
    var written: [UInt8] = []
    request.write(to: &written)
    guard RelayRequest(written[...]) == request else { return "what was written isn't read" }
  }
  if let reply = RelayReply(bytes[...]) {
    var written: [UInt8] = []
    reply.write(to: &written)
    guard RelayReply(written[...]) == reply else { return "a reply that was written isn't read" }
  }
  return nil
}
