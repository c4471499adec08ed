import ArgumentParser
import Foundation
import ImageBuilder

struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "Keys by which updates are signed.", subcommands: [NewCommand.self])

  struct NewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "new", abstract: "Make update.key, to be kept secret, and update.pub, which goes into images.")

    @Argument(help: "The folder for both.") var folder = "keys"

    func run() throws {
      for file in try UpdateKeyFile.make(in: URL(fileURLWithPath: folder)) { print(file.path) }
    }
  }
}
