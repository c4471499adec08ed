/// Turns the payloads of one voice codec into samples, and fills in for those that are lost.
public final class VoiceDecoder {
  public let coding: VoiceCoding
  /// Samples a second.
  public let rate: Int
  private var g722 = G722Decoder()
  private var opus: OpusDecoder?
  /// Opus has its own.
  private var concealment: Concealment?

  /// Opus is decoded at `rate`; others have their own. Nil where memory is short.
  @export(interface)
  public init?(_ coding: VoiceCoding, rate: Int) {
    self.coding = coding
    self.rate = coding.rate ?? rate
    if coding == .opus {
      guard let made = try? OpusDecoder(rate: Int32(rate)) else { return nil }
      opus = consume made
      concealment = nil
    } else {
      opus = nil
      concealment = Concealment(rate: self.rate)
    }
  }

  /// Samples that a payload holds, 0 for none that can be used.
  @export(interface)
  public func count(in payload: UnsafeBufferPointer<UInt8>) -> Int {
    let count =
      switch coding {
      case .muLaw, .aLaw: payload.count
      case .g722: payload.count * 2
      case .opus: OpusDecoder.count(in: payload, rate: Int32(rate))
      }
    return count <= PacketTime.longest * rate / 1000 ? count : 0
  }

  /// Decodes a payload into `samples`, which has room for the longest packet; returns how many it wrote.
  @export(interface)
  public func decode(_ payload: UnsafeBufferPointer<UInt8>, into samples: UnsafeMutableBufferPointer<Int16>) -> Int {
    guard let out = samples.baseAddress else { return 0 }
    var count = min(count(in: payload), samples.count)
    guard count > 0 else { return 0 }
    switch coding {
    case .muLaw: for i in 0..<count { out[i] = MuLaw.decode(payload[i]) }
    case .aLaw: for i in 0..<count { out[i] = ALaw.decode(payload[i]) }
    case .g722:
      var room = MutableSpan(_unsafeElements: UnsafeMutableBufferPointer(start: out, count: count))
      g722.decode(Span(_unsafeElements: payload), into: &room)
    case .opus: count = opus?.decode(payload, into: samples) ?? 0
    }
    concealment?.heard(UnsafeMutableBufferPointer(start: out, count: count))
    return count
  }

  /// Makes up as many samples as `samples` has, for packets lost before `next`. Returns how many there are now.
  @export(interface)
  public func conceal(_ samples: UnsafeMutableBufferPointer<Int16>, before next: UnsafeBufferPointer<UInt8>) -> Int {
    guard coding == .opus else {
      concealment?.conceal(samples)
      return samples.count
    }
    // Only the packet right before `next` is in it a second time.
    let again = min(samples.count, OpusDecoder.count(in: next, rate: Int32(rate)))
    var done = 0
    let step = rate / 50
    while samples.count - done > again {
      let count = min(step, samples.count - done - again)
      let made = opus?.conceal(UnsafeMutableBufferPointer(rebasing: samples[done..<done + count])) ?? 0
      if made == 0 { return done }
      done += made
    }
    if done < samples.count {
      done += opus?.conceal(UnsafeMutableBufferPointer(rebasing: samples[done...]), before: next) ?? 0
    }
    return done
  }
}
