import ArgumentParser
import Configuration
import Foundation
import ImageBuilder

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check a board's file and a configuration, or an image that was built.",
    discussion: """
      What is named is an image where it is a file or has a slash in it, else a board. An image is looked at by sfdisk, \
      fsck.vfat, e2fsck, unsquashfs and file; the exit status is 1 where they find a fault.
      """)

  @Argument(help: "The board, or an image's path.") var what: String
  @Option(help: "The folder of board files.") var boards = "boards"
  @Option(name: .customLong("config"), help: "The configuration for the board's card.") var configuration: String?

  private var isImage: Bool {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: what, isDirectory: &isFolder)
    return what.contains("/") || (exists && !isFolder.boolValue)
  }

  func validate() throws {
    if isImage, configuration != nil { throw ValidationError("--config goes with a board; \(what) is an image") }
  }

  func run() async throws {
    guard isImage else {
      _ = try BoardShelf(URL(fileURLWithPath: boards)).board(what)
      if let configuration { _ = try checkedConfiguration(configuration) }
      return
    }
    let report = try await ImageExamination(URL(fileURLWithPath: what)).report()
    for line in report.lines { print(line) }
    guard report.problems.isEmpty else {
      FileHandle.standardError.write(Data((report.problems.joined(separator: "\n") + "\n").utf8))
      throw ExitCode.failure
    }
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
