import SecureVoice

/// The payloads of a stream, taken apart as the protocol of secure voice has them (docs/secure-voice-protocol.md).
public struct SecuredPayloads: Sendable {
  /// The payloads one after the other, without those of the key agreement.
  public private(set) var octets: [UInt8] = []
  /// Which of `octets` are open, as each frame's header is.
  public private(set) var isOpen: [Bool] = []
  /// How many payloads have which length, all of them.
  public private(set) var lengths: [Int: Int] = [:]
  /// Frames of the key agreement, frames of SFrame as in calls, and payloads that are neither.
  public private(set) var agreements = 0
  public private(set) var frames = 0
  public private(set) var others = 0

  /// Octets of each frame that are open: key identifier and counter.
  static let headerCount = 4

  /// As many payloads as the report looks at.
  public init(_ payloads: some Sequence<ArraySlice<UInt8>>) {
    for payload in payloads {
      guard octets.count + payload.count <= VoiceReport.most else { break }
      if payload.withUnsafeBytes({ AgreementFrame($0) }) != nil {
        agreements += 1
      } else {
        let isFrame = Self.isFrame(payload)
        if isFrame { frames += 1 } else { others += 1 }
        isOpen += (0..<payload.count).map { isFrame && $0 < Self.headerCount }
        octets += payload
      }
      lengths[payload.count, default: 0] += 1
    }
  }

  /// Whether the header is one that calls have. Of what is none one payload in 32 looks so.
  private static func isFrame(_ payload: ArraySlice<UInt8>) -> Bool {
    var count = 0
    guard let header = payload.withUnsafeBytes({ SFrameHeader($0, count: &count) }) else { return false }
    return count == headerCount && header.keyID < 8 && payload.count > headerCount
  }

  /// Whether this is a secured stream at all; else nothing of it counts as open, and it is looked at as it is.
  public var isSFrame: Bool { frames > 0 && 4 * frames >= 3 * (frames + others) }

  var lengthEntropy: Double { shannonEntropy(Array(lengths.values)) }
}
