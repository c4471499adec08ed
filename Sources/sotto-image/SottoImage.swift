import ArgumentParser

@main struct SottoImage: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sotto-image", abstract: "Builds the images that Sotto runs from.",
    subcommands: [
      BoardsCommand.self, CheckCommand.self, BuildCommand.self, BundleCommand.self, KeysCommand.self, FlashCommand.self,
      OCICommand.self, SBOMCommand.self,
    ])
}

/// The text with blanks after it, up to a width.
func pad(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
