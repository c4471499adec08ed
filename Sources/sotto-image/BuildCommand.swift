import ArgumentParser
import Foundation
import ImageBuilder

struct BuildCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build", abstract: "Build the image of a board's card.",
    discussion:
      "Without --config the card gets extensions 101 to 110 with random passwords and a sheet that lists them.")

  @OptionGroup var options: CardOptions
  @Option(name: .customLong("config"), help: "The configuration for the card.") var configuration: String?
  @Option(help: "The public key whose bundles the card takes as updates; none without.") var updateKey: String?

  func run() async throws {
    let bytes = try configuration.map(checkedConfiguration)
    let key = try updateKey.map { try UpdateKeyFile.publicKey(URL(fileURLWithPath: $0)) }
    if key == nil { tell("no --update-key: this card takes no updates") }
    for file in try await options.card(updateKey: key).make(configuration: bytes, say: tell) { print(file.path) }
  }
}
