/// The tables of ITU-T G.722 §6. Levels are signed, by code, and already shifted left by three places as each use of
/// them in §6.2 asks.
enum G722Tables {
  /// Q6 of table 14: decision levels of the lower sub-band, after two that every magnitude reaches.
  static let lowerDecisions: InlineArray<31, Int16> = [
    0, 0, 280, 576, 880, 1200, 1520, 1864, 2208, 2584, 2960, 3376, 3784, 4240, 4696, 5200, 5712, 6288, 6864, 7520,
    8184, 8968, 9752, 10712, 11664, 12896, 14120, 15840, 17560, 20456, 23352,
  ]
  /// QQ6 by table 18: output levels of the lower sub-band for all six bits.
  static let lower6: InlineArray<64, Int16> = [
    -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576,
    -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040,
    -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
    4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
  ]
  /// QQ5 by table 19: for the first five.
  static let lower5: InlineArray<32, Int16> = [
    -280, -280, -23352, -17560, -14120, -11664, -9752, -8184, -6864, -5712, -4696, -3784, -2960, -2208, -1520, -880,
    23352, 17560, 14120, 11664, 9752, 8184, 6864, 5712, 4696, 3784, 2960, 2208, 1520, 880, 280, -280,
  ]
  /// QQ4 by table 17: for the first four.
  static let lower4: InlineArray<16, Int16> = [
    0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
  ]
  /// QQ2: output levels of the higher sub-band.
  static let higher2: InlineArray<4, Int16> = [-7408, -1616, 7408, 1616]
  /// WL by the first four bits: what a code adds to the logarithm of the scale factor.
  static let lowerMultipliers: InlineArray<16, Int16> = [
    -60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60,
  ]
  /// WH.
  static let higherMultipliers: InlineArray<4, Int16> = [798, -214, 798, -214]
  /// ILB: 2048 times the 32nd roots of two, from the 0th power to the 31st.
  static let inverseLogarithms: InlineArray<32, Int16> = [
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025,
    3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
  ]
}
