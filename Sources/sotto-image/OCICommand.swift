import ArgumentParser
import Foundation
import ImageBuilder

struct OCICommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "oci", abstract: "Make a container's image of static exchanges, in one OCI archive.",
    discussion:
      "What is in it has the time of SOURCE_DATE_EPOCH, in seconds since 1970. docs/container.md says how to run it.")

  @Option(help: "A static exchange; may be repeated, each for another processor.") var exchange: [String]
  @Option(help: "The configuration that is put in as an example.") var example = "container/sotto.example.yaml"
  @Option(help: "The commit that all was made from.") var revision: String?
  @Option(help: "The archive to write.") var output = "build/oci/sotto.tar"

  func run() async throws {
    let image = ContainerImage(
      exchanges: exchange.map { URL(fileURLWithPath: $0) }, example: URL(fileURLWithPath: example), revision: revision,
      time: try sourceDate())
    for part in try await image.write(to: URL(fileURLWithPath: output)) {
      print("\(part.platform): \(part.compressed) bytes compressed, \(part.unpacked) unpacked, \(part.digest)")
    }
    print(output)
  }
}
