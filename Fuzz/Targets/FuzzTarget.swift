/// One fuzzed surface: hands bytes to a parser and looks for broken promises.
public struct FuzzTarget: Sendable {
  public let name: String
  /// What promise the bytes broke, nil where all held. A trap is a broken promise too.
  public let fault: @Sendable ([UInt8]) -> String?
}

public let fuzzTargets = [
  FuzzTarget(name: "sip", fault: sipFault),
  FuzzTarget(name: "glance", fault: glanceFault),
  FuzzTarget(name: "uri", fault: uriFault),
  FuzzTarget(name: "sdp", fault: sdpFault),
  FuzzTarget(name: "crypto", fault: cryptoFault),
  FuzzTarget(name: "handshake", fault: handshakeFault),
  FuzzTarget(name: "rtp", fault: rtpFault),
  FuzzTarget(name: "relay", fault: relayFault),
  FuzzTarget(name: "yaml", fault: yamlFault),
  FuzzTarget(name: "dns", fault: dnsFault),
  FuzzTarget(name: "stun", fault: stunFault),
  FuzzTarget(name: "info", fault: infoFault),
  FuzzTarget(name: "sframe", fault: sframeFault),
  FuzzTarget(name: "agreement", fault: agreementFault),
  FuzzTarget(name: "phone", fault: phoneFault),
  FuzzTarget(name: "capture", fault: captureFault),
  FuzzTarget(name: "wave", fault: waveFault),
  FuzzTarget(name: "bundle", fault: bundleFault),
]
