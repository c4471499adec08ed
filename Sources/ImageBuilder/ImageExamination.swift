import Foundation

/// Looks at a card's image from outside, by programs that know nothing of the builder: sfdisk, file, fsck.vfat, e2fsck,
/// unsquashfs, mtools.
public struct ImageExamination: Sendable {
  public let image: URL

  public init(_ image: URL) { self.image = image }

  /// What was found, a line each, and what is wrong, with its place.
  public struct Report: Sendable {
    public fileprivate(set) var lines: [String] = []
    public fileprivate(set) var problems: [String] = []
  }

  private struct Layout: Decodable {
    struct Table: Decodable {
      var label: String
      var sectorsize: Int?
      var partitions: [Entry]?
    }
    struct Entry: Decodable {
      var start: Int
      var size: Int
    }
    var partitiontable: Table
  }

  /// Throws where there is nothing to look at, or a tool is missing.
  public func report() async throws(ImageError) -> Report {
    var report = Report()
    guard FileManager.default.fileExists(atPath: image.path) else {
      throw .missing(image.path, neededFor: "a look at it")
    }
    let size = try CardWriter.size(of: image)
    let table = try await table()
    let entries = table.partitions ?? []
    report.lines.append("\(image.path): \(size) bytes, partition table \(table.label), \(entries.count) partitions")
    try checkSum(&report)
    let workshop = FileManager.default.temporaryDirectory.appendingPathComponent("sotto-check-\(UUID().uuidString)")
    try Files.makeFolder(workshop)
    defer { try? FileManager.default.removeItem(at: workshop) }
    for (index, entry) in entries.enumerated() {
      let sector = table.sectorsize ?? 512
      let (start, length) = (entry.start * sector, entry.size * sector)
      let place = "partition \(index + 1), \(length >> 20) MiB at \(start >> 20) MiB"
      guard start + length <= size else {
        report.problems.append("\(image.path): \(place): it ends at byte \(start + length), the image at \(size)")
        continue
      }
      let file = workshop.appendingPathComponent("partition-\(index + 1)")
      let isEmpty = try copy(start, length, to: file)
      do throws(ImageError) {
        let found = isEmpty ? "empty" : try await examine(file, in: workshop)
        report.lines.append("\(place): \(found)")
      } catch .toolFailed(let tool, let problem) {
        report.problems.append("\(image.path): \(place): \(tool) says: \(problem)")
      } catch .damaged(_, let problem) {
        report.problems.append("\(image.path): \(place): \(problem)")
      }
      try Files.remove(file)
    }
    return report
  }

  private func table() async throws(ImageError) -> Layout.Table {
    do {
      let text = try await Tool("sfdisk")(["--json", image.path])
      return try JSONDecoder().decode(Layout.self, from: Data(text)).partitiontable
    } catch let error as ImageError {
      guard case .toolFailed(let tool, let problem) = error else { throw error }
      let kind = try await type(of: image)
      throw .damaged(image.path, problem: "it is no image of a card but \(kind) (\(tool) says: \(problem))")
    } catch {
      throw .damaged(image.path, problem: "sfdisk tells nothing that can be read: \(error)")
    }
  }

  /// Compares with the hash that lies beside an image.
  private func checkSum(_ report: inout Report) throws(ImageError) {
    let sums = image.appendingPathExtension("sha256")
    guard let text = try? Files.read(sums) else { return }
    let own = String(decoding: text, as: UTF8.self).split(separator: "\n").first {
      $0.hasSuffix("  \(image.lastPathComponent)")
    }
    guard let own else { return }
    if own.hasPrefix(try Workshop.hash(image)) {
      report.lines.append("its SHA-256 is that of \(sums.lastPathComponent)")
    } else {
      report.problems.append("\(image.path): its SHA-256 is another than that in \(sums.lastPathComponent)")
    }
  }

  /// Writes a partition to a file of its own, with holes; whether it holds nothing but zeros.
  private func copy(_ start: Int, _ length: Int, to file: URL) throws(ImageError) -> Bool {
    let target = try CardWriter(file, size: length)
    var isEmpty = true
    do {
      let source = try FileHandle(forReadingFrom: image)
      defer { try? source.close() }
      try source.seek(toOffset: UInt64(start))
      let piece = 1 << 20
      for offset in stride(from: 0, to: length, by: piece) {
        let bytes = [UInt8](try source.read(upToCount: min(piece, length - offset)) ?? Data())
        if isEmpty { isEmpty = bytes.allSatisfy { $0 == 0 } }
        try target.write(bytes, at: offset)
      }
    } catch {
      throw (error as? ImageError) ?? .file(image.path, problem: "\(error)")
    }
    try target.close()
    return isEmpty
  }

  private func type(of file: URL) async throws(ImageError) -> String {
    let said = String(decoding: try await Tool("file")(["-b", "-L", file.path]), as: UTF8.self)
    return said.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// What a partition's file system is, once its own checker has found no fault.
  private func examine(_ partition: URL, in workshop: URL) async throws(ImageError) -> String {
    let type = try await type(of: partition)
    if type.contains("FAT (") || type.contains("mkfs.fat") {
      try await Tool("fsck.vfat")(["-n", partition.path])
      let names = String(decoding: try await Tool("mdir")(["-b", "-/", "-i", partition.path, "::"]), as: UTF8.self)
      // "::/boot.scr", and folders with "/" at their end.
      let files = names.split(separator: "\n").filter { !$0.hasSuffix("/") }.map { $0.dropFirst(3) }
      return "FAT, sound: " + files.joined(separator: ", ")
    }
    if type.contains("Squashfs") {
      let folder = workshop.appendingPathComponent("root")
      // Unpacked whole, for that alone reads every block.
      try await Tool("unsquashfs")(["-no-progress", "-no-xattrs", "-dest", folder.path, partition.path])
      let exchange = folder.appendingPathComponent("bin/sotto")
      let found = FileManager.default.fileExists(atPath: exchange.path)
      let what = found ? "; bin/sotto is \(try await self.type(of: exchange))" : ""
      try Files.remove(folder)
      return "squashfs, sound\(what)"
    }
    if type.contains(" ext2 ") || type.contains(" ext3 ") || type.contains(" ext4 ") {
      try await Tool("e2fsck")(["-fn", partition.path])
      return "ext, sound; \(type)"
    }
    throw .damaged(partition.path, problem: "no file system that a card has, but \(type)")
  }
}
