/// The lower sub-band's ADPCM, six bits a sample (ITU-T G.722 §6.2.1). Codes are IL, samples XL and RL.
struct G722LowerBand: Sendable, BitwiseCopyable {
  private var predictor = G722Predictor()
  private var scale = G722Scale(factor: 32)

  /// Blocks 1L to 4L.
  @inline(__always)
  mutating func encode(_ sample: Int32) -> Int32 {
    let difference = saturated(sample &- Int32(predictor.signal))  // SUBTRA
    let code = quantize(difference)
    adapt(code)
    return code
  }

  /// Blocks 2L to 5L: the sample before LIMIT. Only block 5L knows of modes.
  @inline(__always)
  mutating func decode(_ code: Int32, _ mode: G722Mode) -> Int32 {
    let level =  // INVQBL
      switch mode {
      case .mode1: G722Tables.lower6[Int(code)]
      case .mode2: G722Tables.lower5[Int(code &>> 1)]
      case .mode3: G722Tables.lower4[Int(code &>> 2)]
      }
    let sample = saturated(Int32(predictor.signal) &+ (scale.factor &* Int32(level)) &>> 15)
    adapt(code)
    return sample
  }

  /// QUANTL: the code for the interval that the difference is in.
  @inline(__always)
  private func quantize(_ difference: Int32) -> Int32 {
    let negative = difference &>> 31
    let magnitude = difference ^ negative
    // The table's first two levels are 0, which every magnitude reaches, so that five halvings fit.
    var reached: Int32 = 0
    var step: Int32 = 16
    while step > 0 {
      let level = Int32(G722Tables.lowerDecisions[Int(reached &+ step &- 1)])
      // Without a branch, which would be foretold wrongly half of the time.
      reached &+= step & ~((magnitude &- (level &* scale.factor) &>> 15) &>> 31)
      step &>>= 1
    }
    // Table 16: codes count down as intervals go outwards, positive ones from 61; but the two smallest negative ones
    // have 63 and 62, and the others count from 31.
    if negative == 0 { return 63 &- reached }
    return reached < 4 ? 65 &- reached : 35 &- reached
  }

  /// INVQAL, LOGSCL, SCALEL and block 4L, which only see the first four bits, so that losing the others to data in
  /// modes 2 and 3 leaves encoder and decoder in step.
  @inline(__always)
  private mutating func adapt(_ code: Int32) {
    let code = Int(code &>> 2)
    predictor.adapt((scale.factor &* Int32(G722Tables.lower4[code])) &>> 15)
    scale.adapt(Int32(G722Tables.lowerMultipliers[code]), limit: 18432, shift: 8)
  }
}

/// The higher sub-band's ADPCM, two bits a sample (§6.2.2). Codes are IH, samples XH and RH.
struct G722HigherBand: Sendable, BitwiseCopyable {
  private var predictor = G722Predictor()
  private var scale = G722Scale(factor: 8)

  /// Blocks 1H to 4H.
  @inline(__always)
  mutating func encode(_ sample: Int32) -> Int32 {
    let difference = saturated(sample &- Int32(predictor.signal))  // SUBTRA
    let negative = difference &>> 31
    // QUANTH.
    let outer: Int32 = difference ^ negative >= (4512 &* scale.factor) &>> 15 ? 1 : 0
    let code = (negative == 0 ? 3 : 1) &- outer
    _ = decode(code)
    return code
  }

  /// Blocks 2H to 4H: the sample before LIMIT.
  @inline(__always)
  mutating func decode(_ code: Int32) -> Int32 {
    let difference = (scale.factor &* Int32(G722Tables.higher2[Int(code)])) &>> 15  // INVQAH
    let sample = saturated(Int32(predictor.signal) &+ difference)
    predictor.adapt(difference)
    scale.adapt(Int32(G722Tables.higherMultipliers[Int(code)]), limit: 22528, shift: 10)
    return sample
  }
}

/// The quantizer's scale factor (§3.5; blocks 3L and 3H, §6.2.1.3 and §6.2.2.3), which follows the size of the codes.
struct G722Scale: Sendable, BitwiseCopyable {
  /// NBL: its logarithm to base 2 in units of 2^-11.
  private var logarithm: Int32 = 0
  /// DETL, 8 … 32064.
  private(set) var factor: Int32

  init(factor: Int32) { self.factor = factor }

  /// LOGSCL or LOGSCH, then SCALEL or SCALEH.
  @inline(__always)
  mutating func adapt(_ multiplier: Int32, limit: Int32, shift: Int32) {
    logarithm = max(0, min(limit, (logarithm &* 32512) &>> 15 &+ multiplier))
    let mantissa = Int32(G722Tables.inverseLogarithms[Int(logarithm &>> 6 & 31)])
    factor = ((mantissa &<< (logarithm &>> 11)) &>> shift) &<< 2
  }
}
