import ArgumentParser
import Configuration
import Foundation
import ImageBuilder

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check the board files and a configuration, before anything is built.")

  @Argument(help: "The board.") var board: String
  @Option(help: "The folder of board files.") var boards = "boards"
  @Option(name: .customLong("config"), help: "The configuration for the card.") var configuration: String?

  func run() throws {
    _ = try BoardShelf(URL(fileURLWithPath: boards)).board(board)
    if let configuration { _ = try checkedConfiguration(configuration) }
  }
}

/// The bytes of a configuration file that the exchange would take.
func checkedConfiguration(_ path: String) throws -> [UInt8] {
  guard let data = FileManager.default.contents(atPath: path) else {
    throw ImageError.missing(path, neededFor: "the card's configuration")
  }
  let bytes = [UInt8](data)
  do throws(ConfigurationError) {
    _ = try Configuration(yaml: bytes, file: path)
  } catch {
    throw ImageError.faults(file: path, error.faults)
  }
  return bytes
}
