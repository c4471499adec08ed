import ArgumentParser

@main struct SottoImage: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sotto-image", abstract: "Builds Sotto's card images.",
    subcommands: [BoardsCommand.self, CheckCommand.self, BuildCommand.self, BundleCommand.self, KeysCommand.self])
}
