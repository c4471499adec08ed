import ArgumentParser
import Foundation
import ImageBuilder

struct SBOMCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sbom", abstract: "Write what went into an exchange or a card, as CycloneDX 1.6.",
    discussion: "cross/bill gives it what it asks for. With --board the bill is for the image of that board's card.")

  @Argument(help: "The exchange, or the image.") var file: String
  @Option(help: "What cross/sdk printed.") var sdk: String
  @Option(help: "What cross/fetch printed for the sysroot's list.") var sysroot: String
  @Option(help: "SwiftPM's folder of the exchange's build.") var scratch: String
  @Option(help: "The card's board.") var board: String?
  @Option(help: "What cross/fetch printed for the cards' list.") var card: String?
  @Option(help: "The folder of board files.") var boards = "boards"
  @Option(help: "The bill to write.") var output: String

  func validate() throws {
    if (board == nil) != (card == nil) { throw ValidationError("--board and --card go together") }
  }

  func run() async throws {
    let place = { (path: String) in URL(fileURLWithPath: path) }
    var parts: (packages: URL, board: Board, shelf: BoardShelf)?
    if let board, let card {
      let shelf = try BoardShelf(place(boards))
      parts = (place(card), try shelf.board(board), shelf)
    }
    let maker = BillMaker(
      described: place(file), sdk: place(sdk), sysroot: place(sysroot), scratch: place(scratch), card: parts)
    let bill = try await maker.make(time: try sourceDate())
    try Data(bill).write(to: place(output))
    print(output)
  }
}
