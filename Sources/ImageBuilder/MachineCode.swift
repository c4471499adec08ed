/// What a file of machine code is, by its first bytes; for refusing what would never run on a board.
public enum MachineCode: Equatable, Sendable {
  /// A compressed ARM kernel (kernel sources, arch/arm/boot/compressed/head.S).
  case armKernel
  case arm64Kernel
  case x86Kernel
  /// ELF for ARM; hard float is Debian's armhf.
  case armELF(isHardFloat: Bool)
  /// ELF for another machine, by its number.
  case otherELF(machine: Int)
  case unknown

  /// Needs no more than the first 1024 bytes.
  public init(_ bytes: [UInt8]) {
    func word(_ offset: Int, count: Int = 4) -> UInt32? {
      guard bytes.count >= offset + count else { return nil }
      return (0..<count).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * $1) }
    }
    if word(0) == 0x464c_457f, bytes.count >= 52 {
      let isLittle32 = bytes[4] == 1 && bytes[5] == 1
      let machine = Int(word(18, count: 2) ?? 0)
      self = isLittle32 && machine == 40 ? .armELF(isHardFloat: word(36)! & 0x400 != 0) : .otherELF(machine: machine)
    } else if word(0x24) == 0x016f_2818 {
      self = .armKernel
    } else if word(0x38) == 0x644d_5241 || (word(0, count: 2) == 0x5a4d && word(4) == 0x676d_697a) {
      self = .arm64Kernel
    } else if word(0x202) == 0x5372_6448 {
      self = .x86Kernel
    } else {
      self = .unknown
    }
  }

  public var description: String {
    switch self {
    case .armKernel: "a kernel for 32-bit ARM"
    case .arm64Kernel: "a kernel for 64-bit ARM"
    case .x86Kernel: "a kernel for x86"
    case .armELF(let isHardFloat): "an ELF file for 32-bit ARM, \(isHardFloat ? "hard" : "soft") float"
    case .otherELF(62): "an ELF file for x86-64"
    case .otherELF(183): "an ELF file for 64-bit ARM"
    case .otherELF(let machine): "an ELF file for machine \(machine)"
    case .unknown: "neither a kernel nor an ELF file"
    }
  }
}
