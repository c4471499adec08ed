import FuzzTargets
import Glibc

/// libFuzzer's call for each input.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: bytes, count: count))
  if let fault = chosen.fault(input) { fatalError(chosen.name + ": " + fault) }
  return 0
}

/// The target that `SOTTO_FUZZ_TARGET` names.
private let chosen: FuzzTarget = {
  let name = getenv("SOTTO_FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let target = fuzzTargets.first(where: { $0.name == name }) else {
    fatalError("SOTTO_FUZZ_TARGET is \"\(name)\": expected one of " + fuzzTargets.map(\.name).joined(separator: ", "))
  }
  return target
}()
