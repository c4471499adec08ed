/// The JSON of a CycloneDX 1.6 bill of materials (ECMA-424), as far as ours goes; names as the specification has them.
struct BillOfMaterials: Encodable {
  var bomFormat = "CycloneDX"
  var specVersion = "1.6"
  var version = 1
  var metadata: Metadata
  var components: [Component]

  struct Metadata: Encodable {
    var timestamp: String
    var tools: Tools
    var component: Component
    var properties: [Property]
  }

  struct Tools: Encodable { var components: [Component] }

  struct Property: Encodable {
    var name: String
    var value: String
  }

  struct Component: Encodable {
    var type: Kind
    var name: String
    var version: String?
    var purl: String?
    /// `excluded`: used to build, and nothing of it went in.
    var scope: Scope?
    var licenses: [LicenceChoice]?
    var hashes: [Hash]?
    var externalReferences: [Reference]?
  }

  enum Kind: String, Encodable {
    case application, library, firmware, file
    case operatingSystem = "operating-system"
  }

  enum Scope: String, Encodable { case required, excluded }

  struct Hash: Encodable {
    var alg = "SHA-256"
    var content: String
  }

  struct Reference: Encodable {
    var type: String
    var url: String
    var hashes: [Hash]?
  }

  enum LicenceChoice: Encodable {
    case identifier(String)
    case name(String)
    case expression(String)

    private enum Key: String, CodingKey { case license, id, name, expression }

    func encode(to encoder: any Encoder) throws {
      var choice = encoder.container(keyedBy: Key.self)
      if case .expression(let text) = self { return try choice.encode(text, forKey: .expression) }
      var licence = choice.nestedContainer(keyedBy: Key.self, forKey: .license)
      switch self {
      case .identifier(let text): try licence.encode(text, forKey: .id)
      case .name(let text), .expression(let text): try licence.encode(text, forKey: .name)
      }
    }
  }

  /// What stands where nobody says in a readable form what the licence is.
  static let unknownLicence = LicenceChoice.name("NOASSERTION")
}
