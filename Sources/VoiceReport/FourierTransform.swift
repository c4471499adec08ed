import CMath

/// The discrete Fourier transform of 2ⁿ numbers (Cooley and Tukey 1965), with what it needs computed once.
package struct FourierTransform {
  package let count: Int
  private let cosines: [Double]
  private let sines: [Double]

  /// `count` is a power of two.
  package init(count: Int) {
    precondition(count > 1 && count & (count - 1) == 0)
    self.count = count
    let step = 2 * Double.pi / Double(count)
    cosines = (0..<count / 2).map { cos(step * Double($0)) }
    sines = (0..<count / 2).map { -sin(step * Double($0)) }
  }

  /// Transforms in place.
  package func forward(_ real: inout [Double], _ imaginary: inout [Double]) {
    precondition(real.count == count && imaginary.count == count)
    real.withUnsafeMutableBufferPointer { real in
      imaginary.withUnsafeMutableBufferPointer { imaginary in
        cosines.withUnsafeBufferPointer { cosines in
          sines.withUnsafeBufferPointer { transform(real, imaginary, cosines, $0) }
        }
      }
    }
  }

  private func transform(
    _ real: UnsafeMutableBufferPointer<Double>, _ imaginary: UnsafeMutableBufferPointer<Double>,
    _ cosines: UnsafeBufferPointer<Double>, _ sines: UnsafeBufferPointer<Double>
  ) {
    // Into the order of reversed bits.
    var reversed = 0
    for place in 1..<count {
      var bit = count >> 1
      while reversed & bit != 0 {
        reversed ^= bit
        bit >>= 1
      }
      reversed |= bit
      if place < reversed {
        real.swapAt(place, reversed)
        imaginary.swapAt(place, reversed)
      }
    }
    var half = 1
    while half < count {
      let stride = count / (2 * half)
      var start = 0
      while start < count {
        for i in 0..<half {
          let (c, s) = (cosines[i * stride], sines[i * stride])
          let (a, b) = (start + i, start + i + half)
          let (r, m) = (real[b] * c - imaginary[b] * s, real[b] * s + imaginary[b] * c)
          real[b] = real[a] - r
          imaginary[b] = imaginary[a] - m
          real[a] += r
          imaginary[a] += m
        }
        start += 2 * half
      }
      half *= 2
    }
  }

  /// The power of each frequency from 0 to half the rate, of `count` samples.
  func power(_ samples: some Collection<Double>) -> [Double] {
    var real = Array(samples)
    var imaginary = [Double](repeating: 0, count: count)
    forward(&real, &imaginary)
    return (0...count / 2).map { real[$0] * real[$0] + imaginary[$0] * imaginary[$0] }
  }
}
