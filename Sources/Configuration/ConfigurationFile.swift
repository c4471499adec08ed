import Wire

extension Configuration {
  /// Reads the configuration from the bytes of its file; `file` is the name that faults carry.
  @export(interface)
  public init(yaml bytes: [UInt8], file: String) throws(ConfigurationError) {
    let root: YAMLNode
    do throws(Fault) {
      root = try parseYAML(bytes)
    } catch {
      throw ConfigurationError(file: file, faults: [error])
    }
    var reader = YAMLReader()
    self.init()
    read(root, &reader)
    guard reader.faults.isEmpty else {
      throw ConfigurationError(file: file, faults: reader.faults.sorted { $0.position < $1.position })
    }
  }

  private mutating func read(_ root: YAMLNode, _ reader: inout YAMLReader) {
    let keys = [
      "domain", "sip", "media", "extensions", "allow_weak_passwords", "log", "time", "network",
      "dns", "country", "area", "trunks", "routes", "toll", "emergency", "local_audio",
    ]
    let top = reader.section(root, of: "", keys: keys)
    if let node = top["domain"], let domain = reader.domain(node) { self.domain = domain }
    if let node = top["allow_weak_passwords"] {
      // After a faulty value passwords are left alone: a second fault for each of them would only hide the first.
      allowWeakPasswords = reader.boolean(node) ?? true
    }
    if let node = top["sip"] {
      let section = reader.section(node, of: "sip", keys: ["listen", "tls", "websocket_origins"])
      if let listen = section["listen"] { listeners = reader.listeners(listen) ?? listeners }
      if let node = section["tls"] { tls = reader.tls(node) }
      if let node = section["websocket_origins"] { webSocketOrigins = reader.origins(node) ?? [] }
    }
    if let node = top["media"] { read(media: node, &reader) }
    if let node = top["extensions"] {
      extensions = reader.extensions(node, allowWeakPasswords: allowWeakPasswords)
    }
    if let node = top["log"], let level = reader.section(node, of: "log", keys: ["level"])["level"] {
      logLevel = reader.choice(level) ?? logLevel
    }
    if let node = top["time"], let servers = reader.section(node, of: "time", keys: ["servers"])["servers"] {
      time.servers = reader.timeServers(servers) ?? time.servers
    }
    if let node = top["network"] { network = reader.network(node) }
    if let node = top["dns"], let servers = reader.section(node, of: "dns", keys: ["servers"])["servers"] {
      nameServers = reader.nameServers(servers)
    }
    reader.outside(top, &self)
    if let node = top["local_audio"] { localAudio = reader.localAudio(node, self) }
  }

  private mutating func read(media node: YAMLNode, _ reader: inout YAMLReader) {
    let section = reader.section(
      node, of: "media", keys: ["ports", "external_address", "threads", "hold_music", "keys_without_tls"])
    if let node = section["ports"], let ports = reader.mediaPorts(node) {
      media.ports = ports
      let signalling = listeners.first { $0.transport == .udp && ports.contains($0.address.port) }
      if let signalling {
        reader.refuse(node, expected: "ports without \(signalling.address.port), which sip.listen uses")
      }
    }
    if let node = section["threads"] {
      let range = 1...MediaSettings.mostThreads
      media.threads = reader.integer(node, in: range, expected: "a number of threads")
    }
    if let node = section["hold_music"] { media.holdMusic = reader.holdMusic(node) ?? media.holdMusic }
    if let node = section["keys_without_tls"] {
      media.allowsKeysWithoutTLS = reader.boolean(node) ?? media.allowsKeysWithoutTLS
    }
    if let node = section["external_address"] {
      let address = reader.address(node, expected: "an IP address such as 203.0.113.5")
      if let address, address.isUnspecified || address.isMulticast {
        reader.refuse(node, expected: "the address of one host")
      }
      media.externalAddress = address
    }
  }
}
