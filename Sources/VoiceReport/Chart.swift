import CMath

/// A diagram in SVG: axes with ticks, and what is drawn between them. Colours are the page's, by class, so that it follows
/// light and dark.
package struct Chart {
  private static let width = 460.0
  private static let height = 250.0
  private static let left = 52.0
  private static let right = 10.0
  private static let top = 12.0
  private static let bottom = 40.0

  let x: ClosedRange<Double>
  let y: ClosedRange<Double>
  private var body = ""
  private let label: String

  /// `label` is what someone hears who does not see the picture.
  package init(_ label: String, x: ClosedRange<Double>, y: ClosedRange<Double>) {
    self.label = label
    self.x = x
    self.y = y
  }

  private func across(_ value: Double) -> Double {
    let inner = Self.width - Self.left - Self.right
    return Self.left + inner * max(0, min(1, (value - x.lowerBound) / (x.upperBound - x.lowerBound)))
  }

  private func down(_ value: Double) -> Double {
    let inner = Self.height - Self.top - Self.bottom
    return Self.top + inner * (1 - max(0, min(1, (value - y.lowerBound) / (y.upperBound - y.lowerBound))))
  }

  private func point(_ x: Double, _ y: Double) -> String { "\(fixed(across(x), 1)) \(fixed(down(y), 1))" }

  /// Ticks at multiples of `step`, with what they are called.
  package mutating func horizontalAxis(_ name: String, step: Double, places: Int = 0) {
    for tick in ticks(x, step) {
      let at = fixed(across(tick), 1)
      body += "<path class=\"grid\" d=\"M\(at) \(fixed(Self.top, 1))V\(fixed(Self.height - Self.bottom, 1))\"/>"
      body += text(at, fixed(Self.height - Self.bottom + 15, 1), "middle", fixed(tick, places))
    }
    body += text(
      fixed((Self.left + Self.width - Self.right) / 2, 1), fixed(Self.height - 6, 1), "middle", name)
  }

  package mutating func verticalAxis(_ name: String, step: Double, places: Int = 0) {
    for tick in ticks(y, step) {
      let at = down(tick)
      let (from, to) = (fixed(Self.left, 1), fixed(Self.width - Self.right, 1))
      body += "<path class=\"grid\" d=\"M\(from) \(fixed(at, 1))H\(to)\"/>"
      body += text(fixed(Self.left - 6, 1), fixed(at + 4, 1), "end", fixed(tick, places))
    }
    let middle = fixed((Self.top + Self.height - Self.bottom) / 2, 1)
    let turned = "transform=\"translate(12 \(middle)) rotate(-90)\""
    body += "<text class=\"label\" text-anchor=\"middle\" \(turned)>\(name)</text>"
  }

  private func ticks(_ range: ClosedRange<Double>, _ step: Double) -> [Double] {
    let first = ceil(range.lowerBound / step - 1e-9)
    let last = floor(range.upperBound / step + 1e-9)
    guard step > 0, last >= first, last - first < 100 else { return [] }
    return (0...Int(last - first)).map { (first + Double($0)) * step }
  }

  private func text(_ x: String, _ y: String, _ anchor: String, _ words: String) -> String {
    "<text class=\"label\" x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor)\">\(words)</text>"
  }

  /// A line through all points.
  package mutating func line(_ kind: String, _ points: [(x: Double, y: Double)]) {
    guard let first = points.first else { return }
    var path = "M\(point(first.x, first.y))"
    for next in points.dropFirst() { path += "L\(point(next.x, next.y))" }
    body += "<path class=\"\(kind) line\" d=\"\(path)\"/>"
  }

  /// The area between two lines, as of the lowest and highest of each column.
  package mutating func band(_ kind: String, _ points: [(x: Double, low: Double, high: Double)]) {
    guard let first = points.first else { return }
    var path = "M\(point(first.x, first.high))"
    for next in points.dropFirst() { path += "L\(point(next.x, next.high))" }
    for next in points.reversed() { path += "L\(point(next.x, next.low))" }
    body += "<path class=\"\(kind) area\" d=\"\(path)Z\"/>"
  }

  /// A square, or where `isTurned` a diamond, for each point.
  package mutating func marks(_ kind: String, _ points: [(x: Double, y: Double)], isTurned: Bool) {
    var path = ""
    for next in points {
      path += "M\(point(next.x, next.y))" + (isTurned ? "m0-3l3 3l-3 3l-3-3z" : "m-2.3-2.3h4.6v4.6h-4.6z")
    }
    body += "<path class=\"\(kind) mark\" d=\"\(path)\"/>"
  }

  package mutating func ellipse(_ kind: String, _ middle: (x: Double, y: Double), _ radii: (x: Double, y: Double)) {
    let wide = across(middle.x + radii.x) - across(middle.x)
    let high = down(middle.y) - down(middle.y + radii.y)
    body += "<ellipse class=\"\(kind) line\" cx=\"\(fixed(across(middle.x), 1))\" cy=\"\(fixed(down(middle.y), 1))\" "
    body += "rx=\"\(fixed(wide, 1))\" ry=\"\(fixed(high, 1))\"/>"
  }

  package var svg: String { "<svg \(attributes)>\(body)</svg>" }

  /// A file of its own, which needs no page around it.
  package var document: String {
    "<svg xmlns=\"http://www.w3.org/2000/svg\" \(attributes)><style>\n\(VoiceReport.style)\n</style>\(body)</svg>\n"
  }

  private var attributes: String {
    "viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\" aria-label=\"\(label)\""
  }
}
