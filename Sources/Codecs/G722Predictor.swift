/// Adaptive prediction in a sub-band (ITU-T G.722 §3.6; blocks 4L and 4H, §6.2.1.4 and §6.2.2.4): two poles and six
/// zeros that follow the signs of what was decoded, the same way in encoder and decoder.
///
/// Coefficients are in units of 2^-14, signals in those of the sub-band.
struct G722Predictor: Sendable, BitwiseCopyable {
  /// SL: what the next sample is predicted to be.
  private(set) var signal: Int16 = 0
  /// SZL: the zeros' part of it.
  private var zeroSignal: Int16 = 0
  /// AL1 and AL2, the poles.
  private var pole1: Int16 = 0
  private var pole2: Int16 = 0
  /// PLT1 and PLT2: partially reconstructed signals, of which only the signs matter.
  private var partial1: Int16 = 0
  private var partial2: Int16 = 0
  /// RLT1: the last reconstructed signal, doubled as FILTEP wants it.
  private var doubledSignal: Int16 = 0
  /// The zeros' six taps, the newest first.
  private var taps = (G722Tap(), G722Tap(), G722Tap(), G722Tap(), G722Tap(), G722Tap())

  /// Takes the quantized difference signal (DLT) of a sample, in 16 bits, and predicts the next one.
  mutating func adapt(_ difference: Int32) {
    let partial = saturated(difference &+ Int32(zeroSignal))  // PARREC
    let reconstructed = saturated(difference &+ Int32(signal))  // RECONS
    let poles = updatePoles(partial, doubled(reconstructed))
    let zeros = updateZeros(difference)
    zeroSignal = Int16(truncatingIfNeeded: zeros)
    signal = Int16(truncatingIfNeeded: saturated(poles &+ zeros))  // PREDIC
  }

  /// UPPOL2, UPPOL1 and, with the coefficients they leave, FILTEP: the poles' part of the prediction.
  @inline(__always)
  private mutating func updatePoles(_ partial: Int32, _ doubledNow: Int32) -> Int32 {
    let differs1 = signsDiffer(partial, Int32(partial1))
    let differs2 = signsDiffer(partial, Int32(partial2))
    partial2 = partial1
    partial1 = Int16(truncatingIfNeeded: partial)

    let quadrupled = saturated(Int32(pole1) &<< 2)
    let towards = (differs1 < 0 ? quadrupled : saturated(0 &- quadrupled)) &>> 7
    let second = limited(
      towards &+ signed(128, differs2) &+ (Int32(pole2) &* 32512) &>> 15, to: 12288)
    let first = limited(signed(192, differs1) &+ (Int32(pole1) &* 32640) &>> 15, to: 15360 &- second)
    pole2 = Int16(truncatingIfNeeded: second)
    pole1 = Int16(truncatingIfNeeded: first)

    let sum = (first &* doubledNow) &>> 15 &+ (second &* Int32(doubledSignal)) &>> 15
    doubledSignal = Int16(truncatingIfNeeded: doubledNow)
    return saturated(sum)
  }

  /// UPZERO, the delay line and FILTEZ in one walk from the oldest tap on: the zeros' part of the prediction.
  @inline(__always)
  private mutating func updateZeros(_ difference: Int32) -> Int32 {
    let step: Int32 = difference == 0 ? 0 : 128
    var sum = taps.5.update(difference, step, taps.4.difference)
    sum = saturated(sum &+ taps.4.update(difference, step, taps.3.difference))
    sum = saturated(sum &+ taps.3.update(difference, step, taps.2.difference))
    sum = saturated(sum &+ taps.2.update(difference, step, taps.1.difference))
    sum = saturated(sum &+ taps.1.update(difference, step, taps.0.difference))
    return saturated(sum &+ taps.0.update(difference, step, Int16(truncatingIfNeeded: doubled(difference))))
  }
}

/// One of the six zeros with the difference it meets.
private struct G722Tap: Sendable, BitwiseCopyable {
  /// BL.
  var zero: Int16 = 0
  /// DLT, doubled as FILTEZ wants it, which keeps what UPZERO wants, its sign.
  var difference: Int16 = 0

  /// Moves the zero by `step` toward the correlation of the `now` quantized difference with the one it met, takes the
  /// `next` one to meet, and returns their product.
  @inline(__always)
  mutating func update(_ now: Int32, _ step: Int32, _ next: Int16) -> Int32 {
    // No saturation is needed: at 32767 and -32768 leak and step cancel out.
    let updated = (Int32(zero) &* 32640) &>> 15 &+ signed(step, signsDiffer(now, Int32(difference)))
    zero = Int16(truncatingIfNeeded: updated)
    difference = next
    return (updated &* Int32(next)) &>> 15
  }
}

/// -1 where one of the values is negative and the other is not, else 0.
@inline(__always)
private func signsDiffer(_ a: Int32, _ b: Int32) -> Int32 { (a ^ b) &>> 31 }

/// The value, negated where `mask` is -1 rather than 0.
@inline(__always)
private func signed(_ value: Int32, _ mask: Int32) -> Int32 { (value ^ mask) &- mask }

@inline(__always)
private func doubled(_ value: Int32) -> Int32 { saturated(value &+ value) }

@inline(__always)
private func limited(_ value: Int32, to bound: Int32) -> Int32 { max(0 &- bound, min(bound, value)) }
