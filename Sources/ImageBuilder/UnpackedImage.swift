import Foundation

/// An image as it is written to a card, unpacked for as long as it is needed where it came compressed.
public struct UnpackedImage: Sendable {
  public let image: URL
  private let folder: URL?

  /// Takes `.img` as it is, and unpacks `.img.xz` with its block map beside it.
  public init(_ file: URL) async throws(ImageError) {
    guard file.pathExtension == "xz" else {
      image = file
      folder = nil
      return
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sotto-flash-\(UUID().uuidString)")
    self.folder = folder
    let packed = folder.appendingPathComponent(file.lastPathComponent)
    image = packed.deletingPathExtension()
    do {
      try Files.copy(file, to: packed)
      try await Tool("xz")(["-d", packed.path])
      let map = file.deletingPathExtension().deletingPathExtension().appendingPathExtension("bmap")
      if FileManager.default.fileExists(atPath: map.path) {
        try Files.copy(map, to: folder.appendingPathComponent(map.lastPathComponent))
      }
    } catch {
      remove()
      throw error
    }
  }

  public func remove() {
    if let folder { try? Files.remove(folder) }
  }
}
