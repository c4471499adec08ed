/// What a container's image runs on, in the words of the OCI (image-spec v1.1, image-index.md).
struct ContainerPlatform: Encodable, Hashable, Sendable, CustomStringConvertible {
  var os = "linux"
  var architecture: String
  var variant: String?

  static let amd64 = ContainerPlatform(architecture: "amd64")
  static let armv7 = ContainerPlatform(architecture: "arm", variant: "v7")

  /// Finds it in an exchange's ELF header. A binary that wants a dynamic loader is refused: the image has none.
  init(of binary: [UInt8], file: String) throws(ImageError) {
    let code = MachineCode(binary)
    switch code {
    case .armELF(isHardFloat: true): self = .armv7
    case .otherELF(machine: 62): self = .amd64
    default:
      throw .damaged(
        file, problem: "it is \(code.description); containers are made for x86-64 and 32-bit ARM with hard float")
    }
    if Self.wantsLoader(binary) {
      throw .damaged(file, problem: "it is linked dynamically, and a container has no loader; see cross/build")
    }
  }

  private init(architecture: String, variant: String? = nil) {
    self.architecture = architecture
    self.variant = variant
  }

  var description: String { [os, architecture, variant].compactMap { $0 }.joined(separator: "/") }

  /// Whether a program header of an ELF file is PT_INTERP (System V gABI, chapter 5), which names the loader.
  private static func wantsLoader(_ bytes: [UInt8]) -> Bool {
    func word(_ offset: Int, count: Int) -> Int {
      guard offset >= 0, offset <= bytes.count - count else { return 0 }
      return (0..<count).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }
    let is64 = bytes[4] == 2
    let table = word(is64 ? 32 : 28, count: 4)
    let size = word(is64 ? 54 : 42, count: 2)
    let count = word(is64 ? 56 : 44, count: 2)
    return (0..<count).contains { word(table + $0 * size, count: 4) == 3 }
  }
}
