import Foundation
import Testing

@testable import ImageBuilder

/// A container's image, read back by programs that know nothing of the builder.
@Suite struct ContainerTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sotto-\(UUID().uuidString)")

  /// An ELF file with one program header of this type and nothing to run.
  private func binary(_ name: String, machine: UInt8, is64: Bool, header: UInt8 = 1) throws -> URL {
    var bytes = [UInt8](repeating: 0, count: 128)
    bytes.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, 1])
    bytes[18] = machine
    if !is64 { bytes[37] = 4 }
    let offset: UInt8 = 64
    bytes[is64 ? 32 : 28] = offset
    bytes[is64 ? 54 : 42] = is64 ? 56 : 32
    bytes[is64 ? 56 : 44] = 1
    bytes[Int(offset)] = header
    let file = folder.appendingPathComponent(name)
    try Files.write(bytes, to: file)
    return file
  }

  private func output(_ tool: String, _ arguments: [String]) async throws -> String {
    String(decoding: try await Tool(tool)(arguments), as: UTF8.self)
  }

  private func image(_ exchanges: [URL], time: Int = 1_700_000_000) throws -> ContainerImage {
    let example = folder.appendingPathComponent("example.yaml")
    try Files.write(Array("domain: sotto.lan\n".utf8), to: example)
    return ContainerImage(exchanges: exchanges, example: example, revision: "0123abcd", time: time)
  }

  @Test func bothProcessorsAreFoundBySkopeoAndUnpackedByUmoci() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let exchanges = try [
      binary("x86_64", machine: 62, is64: true), binary("armv7", machine: 40, is64: false),
    ]
    let archive = folder.appendingPathComponent("made/sotto.tar")
    let parts = try await image(exchanges).write(to: archive)
    #expect(parts.map(\.platform) == ["linux/amd64", "linux/arm/v7"])
    for (exchange, options) in zip(exchanges, [["amd64"], ["arm", "--override-variant", "v7"]]) {
      let choice = ["--insecure-policy", "--override-os", "linux", "--override-arch"] + options
      let text = try await output("skopeo", choice + ["inspect", "--config", "--raw", "oci-archive:\(archive.path)"])
      #expect(text.contains(#""architecture":"\#(options[0])""#) && text.contains(#""User":"1000:1000""#))
      let name = "\(folder.path)/layout-\(options[0]):it"
      _ = try await output("skopeo", choice + ["copy", "-q", "oci-archive:\(archive.path)", "oci:\(name)"])
      let bundle = folder.appendingPathComponent("bundle-\(options[0])")
      _ = try await output("umoci", ["unpack", "--rootless", "--image", name, bundle.path])
      #expect(try Files.read(bundle.appendingPathComponent("rootfs/usr/bin/sotto")) == Files.read(exchange))
    }
  }

  @Test func theLayerIsWhatTarReads() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    var tar = Tar(time: 1_700_000_000)
    tar.addFolder("data", mode: 0o700, owner: 1000)
    tar.addFile("tool", Array("hello".utf8), mode: 0o755)
    let file = folder.appendingPathComponent("layer.tar")
    try Files.write(tar.finished(), to: file)
    let lines = try await output("tar", ["-tvf", file.path, "--numeric-owner", "--full-time"]).split(separator: "\n")
    #expect(
      lines.map { $0.replacing(#/ +/#, with: " ") } == [
        "drwx------ 1000/1000 0 2023-11-14 22:13:20 data/", "-rwxr-xr-x 0/0 5 2023-11-14 22:13:20 tool",
      ])
    #expect(try Files.read(file).count % 512 == 0)
  }

  @Test func theSameExchangesGiveTheSameOctetsAndAnotherTimeGivesOthers() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let exchange = try binary("x86_64", machine: 62, is64: true)
    let archives = (0..<3).map { folder.appendingPathComponent("\($0)/sotto.tar") }
    for (archive, time) in zip(archives, [1_700_000_000, 1_700_000_000, 1_700_000_001]) {
      _ = try await image([exchange], time: time).write(to: archive)
    }
    #expect(try Files.read(archives[0]) == Files.read(archives[1]))
    #expect(try Files.read(archives[0]) != Files.read(archives[2]))
  }

  @Test func whatCouldNotRunIsRefused() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let archive = folder.appendingPathComponent("sotto.tar")
    let whole = try binary("x86_64", machine: 62, is64: true)
    let refused = try [
      ("linked dynamically", [binary("dynamic", machine: 62, is64: true, header: 3)]),
      ("linked dynamically", [binary("dynamic32", machine: 40, is64: false, header: 3)]),
      ("64-bit ARM", [binary("arm64", machine: 183, is64: true)]),
      ("another exchange for linux/amd64", [whole, whole]),
    ]
    for (problem, exchanges) in refused {
      let error = await #expect(throws: ImageError.self) { try await image(exchanges).write(to: archive) }
      #expect(try #require(error).description.contains(problem))
    }
    #expect(!FileManager.default.fileExists(atPath: archive.path))
  }
}
