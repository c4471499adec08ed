import Foundation

/// A disk of this machine, by what Linux tells of it in /sys and /proc.
public struct Disk: Equatable, Sendable {
  /// The kernel's name, such as `sdb` or `mmcblk0`.
  public let name: String
  /// Vendor and model, or a card's own name; empty where none is told.
  public let model: String
  /// In bytes; 0 for a reader without a card.
  public let size: Int
  /// Whether it is made to be taken out: removable, on USB, or an SD card.
  public let isRemovable: Bool
  /// What it is in use for, one line each.
  public let uses: [String]

  public var path: String { "/dev/\(name)" }

  /// All disks that could be cards, those of files and memory left out. `root` stands for the machine's `/`.
  public static func all(root: URL = URL(fileURLWithPath: "/")) -> [Disk] {
    let folder = root.appendingPathComponent("sys/block")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let others = ["loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd"]
    return names.filter { name in !others.contains { name.hasPrefix($0) } }.sorted().map { Disk($0, root: root) }
  }

  init(_ name: String, root: URL) {
    let folder = root.appendingPathComponent("sys/block/\(name)").resolvingSymlinksInPath()
    func word(_ file: String) -> String? {
      let data = FileManager.default.contents(atPath: folder.appendingPathComponent(file).path)
      return data.map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
    }
    self.name = name
    model = ["device/vendor", "device/model", "device/name"].compactMap(word).filter { !$0.isEmpty }
      .joined(separator: " ")
    size = (Int(word("size") ?? "") ?? 0) * 512
    isRemovable = word("removable") == "1" || word("device/type") == "SD" || folder.path.contains("/usb")
    let inside = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    let partitions = inside.filter {
      FileManager.default.fileExists(atPath: folder.appendingPathComponent("\($0)/partition").path)
    }
    uses =
      Self.uses(of: name, folder: folder, root: root)
      + partitions.flatMap { Self.uses(of: $0, folder: folder.appendingPathComponent($0), root: root) }
  }

  /// Mounts, swap, and what is made of it (LVM, RAID, encryption), of a disk or a partition.
  private static func uses(of name: String, folder: URL, root: URL) -> [String] {
    func lines(_ file: String) -> [Substring] {
      let data = FileManager.default.contents(atPath: root.appendingPathComponent(file).path) ?? Data()
      return String(decoding: data, as: UTF8.self).split(separator: "\n")
    }
    let number = FileManager.default.contents(atPath: folder.appendingPathComponent("dev").path)
      .map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
    var uses: [String] = []
    // proc_pid_mountinfo(5): the third field is the device's number; after the dash come type and source.
    for line in lines("proc/self/mountinfo") {
      let fields = line.split(separator: " ").map(String.init)
      guard fields.count > 5, let dash = fields.firstIndex(of: "-"), dash + 2 < fields.count else { continue }
      if fields[2] == number || fields[dash + 2] == "/dev/\(name)" { uses.append("\(name) is mounted at \(fields[4])") }
    }
    for line in lines("proc/swaps") where line.hasPrefix("/dev/\(name) ") || line.hasPrefix("/dev/\(name)\t") {
      uses.append("\(name) is swap space")
    }
    let holders = try? FileManager.default.contentsOfDirectory(
      atPath: folder.appendingPathComponent("holders").path)
    for holder in (holders ?? []).sorted() { uses.append("\(name) is a part of \(holder)") }
    return uses
  }
}
