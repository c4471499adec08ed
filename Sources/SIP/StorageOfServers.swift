import Wire

// How where requests go is stored.

extension ServerHop: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    let transport = try reader.value(Transport.self)
    let address = try reader.value(SocketAddress.self)
    self.init(transport, address, serverName: try reader.value())
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(transport)
    writer.put(address)
    writer.put(serverName)
  }
}
