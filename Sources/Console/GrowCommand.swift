import Platform

extension Commands {
  /// 0: the partition and its file system fill the card, now or already.
  @export(interface)
  public static func grow(disk: String, partition: String, folder: String) -> Int32 {
    guard let number = Int(partition), (1...4).contains(number) else {
      return misused("PARTITION is a number from 1 to 4, not \(partition)")
    }
    do throws(PlatformError) {
      if let size = try Disk.grow(disk, partition: number, folder: folder) {
        Process.writeOutput("\(folder) grew to \(size >> 20) MiB\n")
      }
      return 0
    } catch {
      Process.writeError("sotto: \(error.description)\n")
      return 1
    }
  }
}
