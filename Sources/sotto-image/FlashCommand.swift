import ArgumentParser
import Foundation
import ImageBuilder

struct FlashCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flash", abstract: "Write an image to a card.",
    discussion: """
      Without --to it lists the disks that can be taken out. A disk of which anything is in use is refused, and so is one \
      that is built in. What was written is read back and compared.
      """)

  @Argument(help: "The image, .img or .img.xz; its .bmap is looked for beside it.") var image: String
  @Option(name: .customLong("to"), help: "The card's disk, such as /dev/sdb; all that is on it is lost.") var target:
    String?
  @Flag(help: "Ask nothing.") var yes = false

  func run() async throws {
    let disks = Disk.all()
    guard let target else {
      print(Self.list(disks.filter { $0.isRemovable }))
      return
    }
    let name = URL(fileURLWithPath: target).resolvingSymlinksInPath().lastPathComponent
    let disk = disks.first { $0.name == name }
    try Self.refuse(target, disk)
    let unpacked = try await UnpackedImage(URL(fileURLWithPath: image))
    defer { unpacked.remove() }
    let flash = try Flash(image: unpacked.image)
    let what = disk.map { "\($0.path) (\($0.model.isEmpty ? "no name" : $0.model), \(gigabytes($0.size)))" } ?? target
    if !yes {
      guard isatty(0) == 1 else {
        throw ImageError.file(what, problem: "nobody can be asked here whether to overwrite it; --yes asks nobody")
      }
      FileHandle.standardOutput.write(Data("Overwrite all of \(what)? [y/N] ".utf8))
      guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
        throw CleanExit.message("nothing was written")
      }
    }
    let progress = Progress(of: flash.size)
    try flash.write(to: target) { step, done in progress.show(step, done) }
    print(
      "\(what) holds \(URL(fileURLWithPath: image).lastPathComponent), read back and found the same; take it out now")
  }

  /// Throws where `target` is no disk to write to, with the reason. What is no disk of /sys/block may be a file or a
  /// loop device, whose use the kernel refuses by itself.
  static func refuse(_ target: String, _ disk: Disk?) throws(ImageError) {
    if let disk {
      if !disk.uses.isEmpty {
        throw .file(target, problem: "it is in use: \(disk.uses.joined(separator: ", "))")
      }
      if !disk.isRemovable { throw .file(target, problem: "it is built into this machine; cards can be taken out") }
      if disk.size == 0 { throw .file(target, problem: "it holds no card") }
    }
    let name = URL(fileURLWithPath: target).resolvingSymlinksInPath().lastPathComponent
    if FileManager.default.fileExists(atPath: "/sys/class/block/\(name)/partition") {
      throw .file(target, problem: "it is a partition; name the whole disk")
    }
    guard FileManager.default.fileExists(atPath: target) else {
      throw .file(target, problem: "there is no such disk; without --to they are listed")
    }
  }

  static func list(_ disks: [Disk]) -> String {
    guard !disks.isEmpty else { return "there is no disk that can be taken out: put the card into its reader" }
    return disks.map { disk in
      let state = disk.size == 0 ? "no card" : disk.uses.isEmpty ? "" : "in use: " + disk.uses.joined(separator: ", ")
      return [pad(disk.path, 14), pad(gigabytes(disk.size), 10), pad(disk.model, 28), state].joined(separator: " ")
        .trimmingCharacters(in: .whitespaces)
    }.joined(separator: "\n")
  }
}

/// Decimal, as cards are sold.
private func gigabytes(_ size: Int) -> String {
  "\(size / 1_000_000_000).\(size / 100_000_000 % 10) GB"
}

/// On a terminal one line that changes; elsewhere a line for each tenth.
private final class Progress {
  private let size: Int
  private let isTerminal = isatty(2) == 1
  private var last = ""

  init(of size: Int) { self.size = size }

  func show(_ step: Flash.Step, _ done: Int) {
    let percent = done * 100 / size
    let shown = isTerminal ? percent : percent / 10 * 10
    let line = "\(step.rawValue) \(shown) % of \(size >> 20) MiB"
    guard line != last else { return }
    last = line
    FileHandle.standardError.write(Data((isTerminal ? "\r\(line)" + (percent == 100 ? "\n" : "") : "\(line)\n").utf8))
  }
}
