import Foundation

/// Seconds since 1970 that what is made says as its time: those of `SOURCE_DATE_EPOCH`, by which builds agree on one
/// (reproducible-builds.org), else those that cards' files have.
public func sourceDate() throws(ImageError) -> Int {
  let name = "SOURCE_DATE_EPOCH"
  guard let text = ProcessInfo.processInfo.environment[name], !text.isEmpty else { return Tool.time }
  // More does not fit into tar's field.
  guard let time = Int(text), (0..<(1 << 33)).contains(time) else {
    throw .damaged(name, problem: "it is \(text), not seconds since 1970")
  }
  return time
}
