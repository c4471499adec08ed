import Wire

// How descriptions are stored, field by field.

extension Direction: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    sends = try reader.value()
    receives = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(sends)
    writer.put(receives)
  }
}

extension Format: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    payloadType = try reader.value()
    encoding = try reader.value()
    clockRate = try reader.value()
    channels = try reader.value()
    parameters = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(payloadType)
    writer.put(encoding)
    writer.put(clockRate)
    writer.put(channels)
    writer.put(parameters)
  }
}

extension AudioStream: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    index = try reader.value()
    formats = try reader.value()
    direction = try reader.value()
    address = try reader.value()
    rtcpAddress = try reader.value()
    muxesControl = try reader.value()
    packetTime = try reader.value()
    longestPacketTime = try reader.value()
    crypto = try reader.value()
    handshake = try reader.value()
    ice = try reader.value()
    further = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(index)
    writer.put(formats)
    writer.put(direction)
    writer.put(address)
    writer.put(rtcpAddress)
    writer.put(muxesControl)
    writer.put(packetTime)
    writer.put(longestPacketTime)
    writer.put(crypto)
    writer.put(handshake)
    writer.put(ice)
    writer.put(further)
  }
}

extension Line: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    type = try reader.value()
    value = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(type)
    writer.put(value)
  }
}

extension Attribute: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    name = try reader.value()
    value = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(name)
    writer.put(value)
  }
}

extension Connection: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    network = try reader.value()
    addressType = try reader.value()
    address = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(network)
    writer.put(addressType)
    writer.put(address)
  }
}

extension Origin: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    username = try reader.value()
    sessionID = try reader.value()
    version = try reader.value()
    address = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(username)
    writer.put(sessionID)
    writer.put(version)
    writer.put(address)
  }
}

extension MediaDescription: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    kind = try reader.value()
    port = try reader.value()
    portCount = try reader.value()
    transport = try reader.value()
    formats = try reader.value()
    connection = try reader.value()
    otherLines = try reader.value()
    attributes = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(kind)
    writer.put(port)
    writer.put(portCount)
    writer.put(transport)
    writer.put(formats)
    writer.put(connection)
    writer.put(otherLines)
    writer.put(attributes)
  }
}

extension SessionDescription: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    origin = try reader.value()
    name = try reader.value()
    connection = try reader.value()
    otherLines = try reader.value()
    attributes = try reader.value()
    media = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(origin)
    writer.put(name)
    writer.put(connection)
    writer.put(otherLines)
    writer.put(attributes)
    writer.put(media)
  }
}

extension FurtherStream: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    number = try reader.value()
    index = try reader.value()
    line = try reader.value()
    direction = try reader.value()
    address = try reader.value()
    rtcpAddress = try reader.value()
    ice = try reader.value()
    ownPort = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(number)
    writer.put(index)
    writer.put(line)
    writer.put(direction)
    writer.put(address)
    writer.put(rtcpAddress)
    writer.put(ice)
    writer.put(ownPort)
  }
}
