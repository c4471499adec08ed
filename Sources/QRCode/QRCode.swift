import CQREncode

/// A QR code (ISO/IEC 18004) of some octets, with the lowest level of error correction: for screens and paper, not for
/// what gets dirty.
public struct QRCode: Sendable {
  /// Modules on a side, without the margin.
  public let width: Int
  /// Row by row, true where it is dark.
  private let modules: [Bool]

  /// Modules of light around it that a reader needs (§6.3.8).
  private static let margin = 4

  /// Nil where a code can't hold so much: 2953 octets at most.
  @export(interface)
  public init?(_ text: String) {
    let octets = Array(text.utf8)
    guard !octets.isEmpty, octets.count <= 2953,
      let code = QRcode_encodeData(Int32(octets.count), octets, 0, QR_ECLEVEL_L)
    else { return nil }
    defer { QRcode_free(code) }
    let width = Int(code.pointee.width)
    self.width = width
    modules = (0..<width * width).map { code.pointee.data[$0] & 1 == 1 }
  }

  private func isDark(_ row: Int, _ column: Int) -> Bool {
    guard (0..<width).contains(row), (0..<width).contains(column) else { return false }
    return modules[row * width + column]
  }

  /// For a terminal whose background is dark: two modules a character, the light ones drawn.
  public var terminal: String {
    var text = ""
    for row in stride(from: -Self.margin, to: width + Self.margin, by: 2) {
      for column in -Self.margin..<width + Self.margin {
        switch (isDark(row, column), isDark(row + 1, column)) {
        case (false, false): text += "█"
        case (false, true): text += "▀"
        case (true, false): text += "▄"
        case (true, true): text += " "
        }
      }
      text += "\n"
    }
    return text
  }

  /// A picture, ten units a module.
  public var svg: String {
    let side = 10 * (width + 2 * Self.margin)
    var path = ""
    for row in 0..<width {
      for column in 0..<width where isDark(row, column) {
        path += "M\(10 * (column + Self.margin)) \(10 * (row + Self.margin))h10v10h-10z"
      }
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(side) \(side)">\
      <rect width="\(side)" height="\(side)" fill="#fff"/><path d="\(path)"/></svg>

      """
  }
}
