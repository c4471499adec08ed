/// µ-law of ITU-T G.711, table 2: one octet for a 14-bit sample, taken from the upper bits of 16.
public enum MuLaw {
  public static func encode(_ sample: Int16) -> UInt8 {
    // The magnitude of a negative sample is its one's complement, so that -1 is as near to zero as 0.
    let magnitude = Int(sample < 0 ? ~sample : sample) >> 2
    let biased = min(magnitude + 33, 0x1fff)
    let segment = 7 - (biased.leadingZeroBitCount - (Int.bitWidth - 13))
    let code = UInt8(segment << 4 | biased >> (segment + 1) & 15)
    return ~(sample < 0 ? code | 0x80 : code)
  }

  public static func decode(_ octet: UInt8) -> Int16 {
    let code = ~octet
    let segment = Int(code >> 4 & 7)
    let magnitude = Int16((Int(code & 15) << 1 + 33) << segment - 33) << 2
    return code & 0x80 != 0 ? -magnitude : magnitude
  }
}

/// A-law of ITU-T G.711, table 1: one octet for a 13-bit sample, taken from the upper bits of 16; even bits inverted.
public enum ALaw {
  public static func encode(_ sample: Int16) -> UInt8 {
    let magnitude = Int(sample < 0 ? ~sample : sample) >> 4
    // Segments 0 and 1 have one step; above, each has twice the step of the one before.
    let segment = max(0, Int.bitWidth - magnitude.leadingZeroBitCount - 4)
    let code = segment == 0 ? magnitude : (segment << 4 | magnitude >> (segment - 1) & 15)
    return UInt8(sample < 0 ? code : code | 0x80) ^ 0x55
  }

  public static func decode(_ octet: UInt8) -> Int16 {
    let code = octet ^ 0x55
    let segment = Int(code >> 4 & 7)
    let step = Int(code & 15) << 1 + 1
    let magnitude = Int16((segment == 0 ? step : (step + 32) << (segment - 1)) << 3)
    return code & 0x80 != 0 ? magnitude : -magnitude
  }
}
