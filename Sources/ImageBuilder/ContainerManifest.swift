import Crypto
import Foundation
import Wire

/// The JSON of a container's image (OCI image-spec v1.1), as far as ours goes; names as the specification has them.
enum ContainerManifest {
  static let indexType = "application/vnd.oci.image.index.v1+json"
  static let manifestType = "application/vnd.oci.image.manifest.v1+json"
  static let configurationType = "application/vnd.oci.image.config.v1+json"
  static let layerType = "application/vnd.oci.image.layer.v1.tar+gzip"

  /// descriptor.md
  struct Descriptor: Encodable {
    var mediaType: String
    var digest: String
    var size: Int
    var platform: ContainerPlatform?
    var annotations: [String: String]?

    init(_ type: String, _ content: [UInt8]) {
      mediaType = type
      digest = "sha256:" + hex(Hash.sha256(content))
      size = content.count
    }
  }

  /// image-index.md
  struct Index: Encodable {
    var schemaVersion = 2
    var mediaType = indexType
    var manifests: [Descriptor]
    var annotations: [String: String]?
  }

  /// manifest.md
  struct Manifest: Encodable {
    var schemaVersion = 2
    var mediaType = manifestType
    var config: Descriptor
    var layers: [Descriptor]
    var annotations: [String: String]
  }

  /// config.md
  struct Configuration: Encodable {
    var created: String
    var os: String
    var architecture: String
    var variant: String?
    var config: Execution
    var rootfs: RootFS
    var history: [History]

    struct RootFS: Encodable {
      var type = "layers"
      var layers: [String]

      enum CodingKeys: String, CodingKey {
        case type
        case layers = "diff_ids"
      }
    }

    struct History: Encodable {
      var created: String
      var maker: String

      enum CodingKeys: String, CodingKey {
        case created
        case maker = "created_by"
      }
    }
  }

  /// config.md, "config": how a container of the image is run.
  struct Execution: Encodable {
    struct Empty: Encodable {}

    var user: String
    var exposedPorts: [String: Empty]
    var env: [String]
    var entrypoint: [String]
    var cmd: [String]
    var volumes: [String: Empty]
    var workingDir: String
    var labels: [String: String]
    var stopSignal: String

    enum CodingKeys: String, CodingKey {
      case user = "User"
      case exposedPorts = "ExposedPorts"
      case env = "Env"
      case entrypoint = "Entrypoint"
      case cmd = "Cmd"
      case volumes = "Volumes"
      case workingDir = "WorkingDir"
      case labels = "Labels"
      case stopSignal = "StopSignal"
    }
  }
}

/// The same bytes for the same value: keys in order, no blanks unless `pretty`.
func json(_ value: some Encodable, pretty: Bool = false) throws(ImageError) -> [UInt8] {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
  do { return [UInt8](try encoder.encode(value)) } catch {
    throw .damaged("JSON of \(type(of: value))", problem: "\(error)")
  }
}
