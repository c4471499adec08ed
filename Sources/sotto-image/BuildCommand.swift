import ArgumentParser
import Foundation
import ImageBuilder

struct BuildCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build", abstract: "Build the image of a board's card.",
    discussion:
      "Without --config the card gets extensions 101 to 110 with random passwords and a sheet that lists them.")

  @Argument(help: "The board.") var board: String
  @Option(help: "The folder of board files.") var boards = "boards"
  @Option(help: "The folder of the root file system's own files.") var rootfs = "rootfs"
  @Option(help: "The folder into which Debian's packages were unpacked.") var packages: String
  @Option(help: "The exchange, built for the board.") var exchange = "build/armv7/sotto"
  @Option(help: "Where images and intermediate steps go.") var output = "build"
  @Option(name: .customLong("config"), help: "The configuration for the card.") var configuration: String?

  func run() async throws {
    let shelf = try BoardShelf(URL(fileURLWithPath: boards))
    let bytes = try configuration.map(checkedConfiguration)
    let card = CardImage(
      board: try shelf.board(board), shelf: shelf, packages: URL(fileURLWithPath: packages),
      rootfs: URL(fileURLWithPath: rootfs), exchange: URL(fileURLWithPath: exchange),
      output: URL(fileURLWithPath: output))
    let made = try await card.make(configuration: bytes) { step in
      FileHandle.standardError.write(Data("sotto-image: \(step)\n".utf8))
    }
    for file in made { print(file.path) }
  }
}
