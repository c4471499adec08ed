import Wire

// How messages and their parts are stored: field by field, not as text, so that what was lenient stays as it is.

extension Transport: Storable {}
extension HeaderName: Storable {}

/// Without its connection, which ends with the process.
extension Flow: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    self.init(
      transport: try reader.value(), local: try reader.value(), remote: try reader.value(),
      serverName: try reader.value())
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(transport)
    writer.put(local)
    writer.put(remote)
    writer.put(serverName)
  }
}

extension Method: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) { self.init(try reader.value(String.self)) }
  public func write(to writer: inout StorageWriter) { writer.put(name) }
}

extension Host: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    self = try reader.value(Bool.self) ? .address(try reader.value()) : .name(try reader.value())
  }
  public func write(to writer: inout StorageWriter) {
    switch self {
    case .address(let ip):
      writer.put(true)
      writer.put(ip)
    case .name(let name):
      writer.put(false)
      writer.put(name)
    }
  }
}

extension Parameter: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    let name = try reader.value(String.self)
    self.init(name, try reader.value())
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(name)
    writer.put(value)
  }
}

extension Parameters: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) { self.init(try reader.value([Parameter].self)) }
  public func write(to writer: inout StorageWriter) { writer.put(list) }
}

extension URI: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    let scheme: Scheme
    switch try reader.value(String.self) {
    case "sip": scheme = .sip
    case "sips": scheme = .sips
    case "tel": scheme = .tel
    case let name: scheme = .other(name)
    }
    self.init(
      scheme, user: try reader.value(), password: try reader.value(), host: try reader.value(),
      port: try reader.value(), parameters: try reader.value(), headers: try reader.value())
    opaque = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(scheme.name)
    writer.put(user)
    writer.put(password)
    writer.put(host)
    writer.put(port)
    writer.put(parameters)
    writer.put(headers)
    writer.put(opaque)
  }
}

extension NameAddress: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    let displayName = try reader.value(String?.self)
    let uri = try reader.value(URI.self)
    self.init(displayName: displayName, uri, parameters: try reader.value())
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(displayName)
    writer.put(uri)
    writer.put(parameters)
  }
}

extension Headers.Field: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    let name = try reader.value(HeaderName.self)
    let spelling = name == .other ? try reader.value(String.self) : ""
    self.init(name, try reader.value(String.self))
    self.spelling = spelling
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(name)
    if name == .other { writer.put(spelling) }
    writer.put(value)
  }
}

extension Headers: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) { self.init(try reader.value([Field].self)) }
  public func write(to writer: inout StorageWriter) { writer.put(fields) }
}

extension Request: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    let method = try reader.value(Method.self)
    let uri = try reader.value(URI.self)
    self.init(method, uri, headers: try reader.value(), body: try reader.bytes())
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(method)
    writer.put(uri)
    writer.put(headers)
    writer.put(bytes: body)
  }
}

extension Response: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    let status = Int(try reader.number(UInt16.self))
    guard (100...699).contains(status) else { throw .invalid }
    let reason = try reader.value(String.self)
    self.init(status: status, reason: reason, headers: try reader.value(), body: try reader.bytes())
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(number: UInt16(truncatingIfNeeded: status))
    writer.put(reason)
    writer.put(headers)
    writer.put(bytes: body)
  }
}

extension Message: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    self = try reader.value(Bool.self) ? .request(try reader.value()) : .response(try reader.value())
  }
  public func write(to writer: inout StorageWriter) {
    switch self {
    case .request(let request):
      writer.put(true)
      writer.put(request)
    case .response(let response):
      writer.put(false)
      writer.put(response)
    }
  }
}

extension RAck: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    response = try reader.number()
    cSeq = CSeq(try reader.number(), try reader.value())
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(number: response)
    writer.put(number: cSeq.number)
    writer.put(cSeq.method)
  }
}
