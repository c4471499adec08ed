import Foundation

/// The boards that the repository knows: a folder each.
public struct BoardShelf: Sendable {
  public let folder: URL
  /// By name.
  public let boards: [Board]

  /// Reads every board file below `boards/`, so that a fault in any of them is found before anything is built.
  public init(_ folder: URL) throws(ImageError) {
    self.folder = folder
    var boards: [Board] = []
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names.sorted() {
      guard Files.isFolder(folder.appendingPathComponent(name)) else { continue }
      let file = folder.appendingPathComponent("\(name)/board.yaml")
      boards.append(try Board(yaml: try Files.read(file), id: name, file: Self.shown(file)))
    }
    self.boards = boards
  }

  public func board(_ id: String) throws(ImageError) -> Board {
    guard let board = boards.first(where: { $0.id == id }) else {
      throw .unknownBoard(id, known: boards.map(\.id))
    }
    return board
  }

  func file(of board: Board) -> String { Self.shown(folder.appendingPathComponent("\(board.id)/board.yaml")) }

  /// Relative to the working folder where it lies below it.
  private static func shown(_ url: URL) -> String {
    let here = FileManager.default.currentDirectoryPath + "/"
    return url.path.hasPrefix(here) ? String(url.path.dropFirst(here.count)) : url.path
  }
}
