import CLinux

/// A card or disk of this machine, and what is mounted from it.
public enum Disk {
  /// Grows the disk's last partition, and the ext4 mounted from it at `folder`, to the disk's end. Returns the
  /// partition's size in octets; nil where there was nothing to gain.
  public static func grow(_ disk: String, partition: Int, folder: String) throws(PlatformError) -> Int64? {
    let fd = clinux_open_disk(disk)
    guard fd >= 0 else { throw .path("open", path: disk, errno: -fd) }
    defer { clinux_close(fd) }
    let size = clinux_disk_size(fd)
    guard size >= 0 else { throw .path("measure", path: disk, errno: Int32(truncatingIfNeeded: -size)) }
    var first = [UInt8](repeating: 0, count: PartitionSector.size)
    let count = first.withUnsafeMutableBytes { clinux_read(fd, $0.baseAddress!, $0.count) }
    guard count == first.count, var sector = PartitionSector(first), sector.extent(of: partition) != nil else {
      throw .path("find the partition of", path: disk, errno: ENXIO)
    }
    let grew = sector.grow(partition, diskSize: size)
    guard let extent = sector.extent(of: partition) else { return nil }
    if grew {
      let written = sector.bytes.withUnsafeBytes { clinux_rewrite_start(fd, $0.baseAddress!, $0.count) }
      guard written == PartitionSector.size, clinux_fsync(fd) == 0 else {
        throw .path("write the partition table of", path: disk, errno: EIO)
      }
      let told = clinux_resize_partition(fd, Int32(truncatingIfNeeded: partition), extent.offset, extent.size)
      guard told == 0 else { throw .path("tell the kernel of the new partition on", path: disk, errno: -told) }
    }
    // Asked each time: the power may have gone between the partition and its file system.
    let root = clinux_open_read(folder)
    guard root >= 0 else { throw .path("open", path: folder, errno: -root) }
    defer { clinux_close(root) }
    let block = clinux_block_size(root)
    guard block > 0 else { throw .path("measure", path: folder, errno: Int32(truncatingIfNeeded: -block)) }
    let resized = clinux_resize_ext4(root, UInt64(extent.size / block))
    guard resized == 0 else { throw .path("grow the file system at", path: folder, errno: -resized) }
    return grew ? extent.size : nil
  }
}
