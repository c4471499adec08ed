import ArgumentParser
import Foundation
import ImageBuilder

struct BoardsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "boards", abstract: "List the boards.")

  @Option(help: "The folder of board files.") var boards = "boards"

  func run() throws {
    let shelf = try BoardShelf(URL(fileURLWithPath: boards))
    for board in shelf.boards {
      let emulator = board.emulator == .none ? "no emulator" : "QEMU \(board.emulator.rawValue)"
      print("\(pad(board.id, 12)) \(pad(board.name, 24)) \(pad(emulator, 16)) \(board.console.device)")
    }
  }
}
