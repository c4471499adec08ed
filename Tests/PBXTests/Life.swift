import Foundation
import Wire

@testable import PBX

/// What a process leaves to the one after it. Where lives are short, the exchange is killed before every event: whatever a
/// test promises then holds over the deaths of processes too. SOTTO_TEST_LIVES=short makes all lives so.
final class Life {
  @TaskLocal static var isShort = ProcessInfo.processInfo.environment["SOTTO_TEST_LIVES"] == "short"

  private(set) var values: [Journal.Key: [UInt8]] = [:]
  private var batch = Journal.Batch()

  func keep(_ exchange: Exchange) throws {
    exchange.recordsRest = .zero
    exchange.takeChanges(&batch)
    guard !batch.isEmpty else { return }
    let journal = Journal.beginning(version: "test") + batch.sealed()
    values = try Journal.read(journal, version: "test", after: values).values
    batch.clear()
  }
}
