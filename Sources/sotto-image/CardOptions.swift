import ArgumentParser
import Foundation
import ImageBuilder

/// What a card's parts are made of.
struct CardOptions: ParsableArguments {
  @Argument(help: "The board.") var board: String
  @Option(help: "The folder of board files.") var boards = "boards"
  @Option(help: "The folder of the root file system's own files.") var rootfs = "rootfs"
  @Option(help: "The folder into which Debian's packages were unpacked.") var packages: String
  @Option(help: "The exchange, built for the board.") var exchange = "build/armv7/sotto"
  @Option(help: "Where images and intermediate steps go.") var output = "build"

  func card(updateKey: [UInt8]?) throws -> CardImage {
    let shelf = try BoardShelf(URL(fileURLWithPath: boards))
    return CardImage(
      board: try shelf.board(board), shelf: shelf, packages: URL(fileURLWithPath: packages),
      rootfs: URL(fileURLWithPath: rootfs), exchange: URL(fileURLWithPath: exchange), updateKey: updateKey,
      output: URL(fileURLWithPath: output))
  }
}

func tell(_ step: String) { FileHandle.standardError.write(Data("sotto-image: \(step)\n".utf8)) }
