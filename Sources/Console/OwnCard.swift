import Platform
import Slots
import Updates

extension RawDisk: CardMedium {
  public func write(_ bytes: ArraySlice<UInt8>, at place: Int) throws(UpdateFault) {
    do throws(PlatformError) { try write(bytes, at: Int64(place)) } catch { throw .card(error.description) }
  }

  public func read(_ count: Int, at place: Int) throws(UpdateFault) -> [UInt8] {
    do throws(PlatformError) { return try read(count, at: Int64(place)) } catch { throw .card(error.description) }
  }

  public func settle() throws(UpdateFault) {
    do throws(PlatformError) { try flush() } catch { throw .card(error.description) }
  }
}

extension UpdateFault: Explained {}

/// The card that this system runs from.
struct OwnCard {
  let system: RunningSystem
  let disk: RawDisk
  var slots: SlotCard<RawDisk>

  /// `--card FILE` and `--arguments FILE` stand for the card and for what the boot script told the kernel: of another system.
  init(_ arguments: Arguments) throws(CommandFailure) {
    let file = arguments["--arguments"] ?? "/proc/cmdline"
    let told = try step(file) { () throws(PlatformError) in try Files.read(file, limit: 65536) }
    guard let system = RunningSystem(arguments: String(decoding: told, as: UTF8.self)) else {
      throw CommandFailure(
        file, "this system was not started from a slot of a card: found no sotto.slot= and sotto.board=")
    }
    self.system = system
    let path = arguments["--card"] ?? system.disk
    let disk = try step(path) { () throws(PlatformError) in try RawDisk(path) }
    self.disk = disk
    let first = try step(path) { () throws(PlatformError) in try disk.read(PartitionSector.size, at: 0 as Int64) }
    guard let table = PartitionSector(first), let a = table.extent(of: SlotLayout.partition(of: .a)),
      let b = table.extent(of: SlotLayout.partition(of: .b)), min(a.size, b.size) >= Int64(SlotLayout.size)
    else { throw CommandFailure(path, "it has no two slots of \(SlotLayout.size >> 20) MiB") }
    // A card is larger than 32 bits can count; its slots lie at its beginning.
    guard let placeA = Int(exactly: a.offset), let placeB = Int(exactly: b.offset) else {
      throw CommandFailure(path, "its slots lie too far from its beginning")
    }
    slots = SlotCard(disk, a: placeA, b: placeB, running: system.slot)
  }
}
