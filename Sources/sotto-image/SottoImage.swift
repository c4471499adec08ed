import ArgumentParser

@main struct SottoImage: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sotto-image", abstract: "Builds and examines Sotto's card images.")
}
