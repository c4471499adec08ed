import Configuration

/// Any file may be dropped on the card: it is read, or refused with a place and a sentence for each fault.
func yamlFault(_ bytes: [UInt8]) -> String? {
  do throws(ConfigurationError) {
    let configuration = try Configuration(yaml: bytes, file: "f")
    guard let again = try? Configuration(yaml: bytes, file: "g"), again == configuration else {
      return "the same bytes give another configuration"
    }
    return nil
  } catch {
    guard !error.faults.isEmpty else { return "refused without a fault" }
    for fault in error.faults where fault.position.line < 1 || fault.position.column < 1 {
      return "a fault without a place: " + error.description
    }
    return nil
  }
}
