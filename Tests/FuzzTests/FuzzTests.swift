import Foundation
import FuzzTargets
import Testing

/// Every seed, and every input that ever broke a promise, on every run of the tests.
@Suite struct FuzzTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static func inputs(_ target: String) -> [URL] {
    ["Fuzz/seeds/", "Tests/FuzzTests/inputs/"].flatMap { folder in
      let url = root.appendingPathComponent(folder + target)
      return (try? FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)) ?? []
    }
  }

  @Test(arguments: fuzzTargets.map(\.name))
  func keptInputsBreakNoPromise(name: String) throws {
    let target = try #require(fuzzTargets.first { $0.name == name })
    let inputs = FuzzTests.inputs(name)
    #expect(!inputs.isEmpty)
    for input in inputs {
      let fault = target.fault([UInt8](try Data(contentsOf: input)))
      #expect(fault == nil, "\(input.lastPathComponent)")
    }
  }
}
