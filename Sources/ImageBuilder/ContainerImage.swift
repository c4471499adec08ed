import Crypto
import Foundation
import Wire

/// An image for containers of the static exchange alone: an OCI image layout (image-spec v1.1, image-layout.md) in one
/// tar file, with an image for each processor. The same exchanges and time give the same bytes.
public struct ContainerImage: Sendable {
  /// Static exchanges, each for another processor.
  public let exchanges: [URL]
  /// The configuration that is shown as an example.
  public let example: URL
  /// The commit that all was made from.
  public let revision: String?
  /// Seconds since 1970 that everything in it carries.
  public let time: Int

  public init(exchanges: [URL], example: URL, revision: String?, time: Int) {
    self.exchanges = exchanges
    self.example = example
    self.revision = revision
    self.time = time
  }

  /// The image of one processor, as it was made; sizes in bytes.
  public struct Part: Sendable {
    public let platform: String
    public let digest: String
    public let compressed: Int
    public let unpacked: Int
  }

  /// Whom the exchange runs as: on most hosts the first person's number, so that folders of theirs can be mounted.
  private static let user = 1000
  private static let binary = "usr/bin/sotto"
  private static let example = "etc/sotto/sotto.example.yaml"

  /// The name that `podman load` and containerd give it.
  static let name = "localhost/sotto:\(sottoVersion)"

  /// Writes the layout.
  public func write(to archive: URL) async throws(ImageError) -> [Part] {
    var layout = Layout(time: time)
    var manifests: [ContainerManifest.Descriptor] = []
    var parts: [Part] = []
    for exchange in exchanges {
      let binary = try Files.read(exchange)
      let platform = try ContainerPlatform(of: binary, file: exchange.path)
      guard !manifests.contains(where: { $0.platform == platform }) else {
        throw .damaged(exchange.path, problem: "another exchange for \(platform) was named before it")
      }
      let layer = try self.layer(binary)
      let compressed = try await compress(layer, beside: archive)
      var manifest = try self.manifest(of: platform, layer: layer, compressed: compressed, in: &layout)
      manifest.platform = platform
      manifests.append(manifest)
      parts.append(
        Part(
          platform: platform.description, digest: manifest.digest, compressed: compressed.count, unpacked: layer.count))
    }
    var index = layout.add(
      ContainerManifest.indexType, try json(ContainerManifest.Index(manifests: manifests, annotations: labels)))
    // Who reads it is to find one image; which of its parts to take he knows by himself.
    index.annotations = [
      "org.opencontainers.image.ref.name": sottoVersion, "io.containerd.image.name": Self.name,
    ]
    try Files.write(layout.finished(try json(ContainerManifest.Index(manifests: [index]))), to: archive)
    return parts
  }

  /// The root file system: what a container needs to start, and the places where the world is to be mounted.
  private func layer(_ binary: [UInt8]) throws(ImageError) -> [UInt8] {
    var tar = Tar(time: time)
    tar.addFolder("data", mode: 0o700, owner: Self.user)
    for folder in ["etc", "etc/sotto"] { tar.addFolder(folder) }
    tar.addFile(Self.example, try Files.read(example))
    for folder in ["etc/ssl", "etc/ssl/certs", "run"] { tar.addFolder(folder) }
    // A tmpfs that is mounted here takes the mode and not the owner; one at /run into which podman copies this, the owner
    // and not all of the mode.
    tar.addFolder("run/sotto", mode: 0o1777, owner: Self.user)
    for folder in ["usr", "usr/bin"] { tar.addFolder(folder) }
    tar.addFile(Self.binary, binary, mode: 0o755)
    return tar.finished()
  }

  private func compress(_ layer: [UInt8], beside archive: URL) async throws(ImageError) -> [UInt8] {
    let plain = archive.appendingPathExtension("layer")
    try Files.write(layer, to: plain)
    let compressed = try await Tool("gzip")(["-9", "-n", "-c", plain.path])
    try Files.remove(plain)
    return compressed
  }

  private func manifest(
    of platform: ContainerPlatform, layer: [UInt8], compressed: [UInt8], in layout: inout Layout
  ) throws(ImageError) -> ContainerManifest.Descriptor {
    let configuration = ContainerManifest.Configuration(
      created: created, os: platform.os, architecture: platform.architecture, variant: platform.variant,
      config: execution, rootfs: .init(layers: ["sha256:" + hex(Hash.sha256(layer))]),
      history: [.init(created: created, maker: "sotto-image oci")])
    let config = layout.add(ContainerManifest.configurationType, try json(configuration))
    let layers = [layout.add(ContainerManifest.layerType, compressed)]
    return layout.add(
      ContainerManifest.manifestType,
      try json(ContainerManifest.Manifest(config: config, layers: layers, annotations: labels)))
  }

  private var execution: ContainerManifest.Execution {
    .init(
      user: "\(Self.user):\(Self.user)",
      // The default of sip.listen, and TLS where it is set up. Media is a range: docs/container.md.
      exposedPorts: ["5060/udp": .init(), "5060/tcp": .init(), "5061/tcp": .init()],
      // Where the authorities that the host trusts may be mounted; a static OpenSSL looks elsewhere.
      env: ["PATH=/usr/bin", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"], entrypoint: ["/" + Self.binary],
      cmd: ["supervise", "--config", "/etc/sotto/sotto.yaml", "--state", "/data"], volumes: ["/data": .init()],
      workingDir: "/data", labels: labels, stopSignal: "SIGTERM")
  }

  private var created: String { timestamp(microsecondsSince1970: Int64(time) * 1_000_000) }

  /// annotations.md, "Pre-Defined Annotation Keys".
  private var labels: [String: String] {
    let prefix = "org.opencontainers.image."
    var labels = [
      "title": "Sotto", "description": "The telephone exchange of a small office", "version": sottoVersion,
      "created": created, "licenses": "Apache-2.0 AND BSD-3-Clause AND LGPL-2.1-or-later AND MIT",
    ]
    labels["revision"] = revision
    return Dictionary(uniqueKeysWithValues: labels.map { (prefix + $0.key, $0.value) })
  }

  /// The layout's content by its path below `blobs`.
  private struct Layout {
    private var blobs: [String: [UInt8]] = [:]
    private let time: Int

    init(time: Int) { self.time = time }

    mutating func add(_ type: String, _ content: [UInt8]) -> ContainerManifest.Descriptor {
      let descriptor = ContainerManifest.Descriptor(type, content)
      blobs[descriptor.digest.replacing(":", with: "/")] = content
      return descriptor
    }

    func finished(_ index: [UInt8]) -> [UInt8] {
      var tar = Tar(time: time)
      for folder in ["blobs", "blobs/sha256"] { tar.addFolder(folder) }
      for (path, content) in blobs.sorted(by: { $0.key < $1.key }) { tar.addFile("blobs/\(path)", content) }
      tar.addFile("index.json", index)
      tar.addFile("oci-layout", Array("{\"imageLayoutVersion\":\"1.0.0\"}".utf8))
      return tar.finished()
    }
  }
}
