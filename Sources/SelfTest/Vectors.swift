import Console
import Platform

/// A file of published test vectors in JSON, and how its tests are run. Kept in files, for they are large: what one finds
/// beside the sources is checked by `swift test`, and by `sotto selftest --vectors FOLDER` in the builds that ship.
public struct VectorFile: Sendable {
  /// Relative to the folder of vectors.
  public let name: String
  let run: @Sendable (JSON, inout VectorResult) -> Void

  init(_ name: String, _ run: @escaping @Sendable (JSON, inout VectorResult) -> Void) {
    self.name = name
    self.run = run
  }

  /// Runs its tests in a folder; nil where the file isn't there or holds no JSON.
  @export(interface)
  public func check(in folder: String) -> VectorResult? {
    guard let bytes = try? Files.read(folder + "/" + name), let json = JSON(parsing: quotingLongNumbers(bytes)) else {
      return nil
    }
    var result = VectorResult()
    run(json, &result)
    return result
  }
}

/// What the tests of one file came to.
public struct VectorResult: Sendable {
  public internal(set) var passed = 0
  /// Which tests failed, by the names that the file gives them.
  public internal(set) var failures: [String] = []
  /// Tests of what is not used here, such as keys of 192 bits.
  public internal(set) var unused = 0
  /// Why nothing of the file could be run, where that is so.
  public internal(set) var obstacle: String?

  mutating func count(_ passes: Bool, _ name: @autoclosure () -> String) {
    if passes { passed += 1 } else { failures.append(name()) }
  }
}

extension SelfTest {
  public static let vectorFiles = wycheproof + [sframe]

  /// Runs the vectors in a folder, hands `report` a line a file, and returns how many passed and failed. A file that
  /// isn't there counts as a failure.
  @export(interface)
  public static func runVectors(in folder: String, report: (String) -> Void) -> (passed: Int, failed: Int) {
    var (passed, failed) = (0, 0)
    for file in vectorFiles {
      guard let result = file.check(in: folder) else {
        report("FAILED \(file.name): can't be read in \(folder)")
        failed += 1
        continue
      }
      passed += result.passed
      failed += result.failures.count
      if let obstacle = result.obstacle {
        report("skipped \(file.name): \(obstacle)")
      } else {
        report(
          "\(result.failures.isEmpty ? "ok    " : "FAILED") \(file.name): \(result.passed) of "
            + "\(result.passed + result.failures.count)\(result.unused > 0 ? ", \(result.unused) of what is not used" : "")"
        )
      }
      for failure in result.failures { report("       failed: \(failure)") }
    }
    return (passed, failed)
  }
}

/// JSON with each number of 19 digits and more as text, for jansson reads none beyond 63 bits.
private func quotingLongNumbers(_ json: [UInt8]) -> [UInt8] {
  var output: [UInt8] = []
  output.reserveCapacity(json.count)
  let quote = UInt8(ascii: "\"")
  var isText = false
  var i = 0
  while i < json.count {
    let end = json[i...].firstIndex { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? json.count
    if end > i {
      let isLong = !isText && end - i >= 19
      output += (isLong ? [quote] : []) + json[i..<end] + (isLong ? [quote] : [])
      i = end
    } else {
      if json[i] == quote { isText.toggle() }
      output.append(json[i])
      i += 1
    }
  }
  return output
}
