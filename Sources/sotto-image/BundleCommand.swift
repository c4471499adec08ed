import ArgumentParser
import Crypto
import Foundation
import ImageBuilder
import Updates

struct BundleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bundle", abstract: "Make a signed bundle, by which a board that runs is updated.")

  @OptionGroup var options: CardOptions
  @Option(help: "The signer's secret key.") var key = "keys/update.key"
  @Option(help: "What it was built from, for people.") var commit = "unknown"

  func run() async throws {
    let signer = try UpdateKeyFile.signer(URL(fileURLWithPath: key))
    let bundle = UpdateBundle(card: try options.card(updateKey: signer.publicKey), key: signer)
    print(try await bundle.make(version: .own, commit: commit, say: tell).path)
  }
}
