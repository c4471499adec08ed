// How numbers, text, collections, times and addresses are stored.

extension Storable where Self: FixedWidthInteger {
  public init(from reader: inout StorageReader) throws(StorageError) { self = try reader.number() }
  public func write(to writer: inout StorageWriter) { writer.put(number: self) }
}

extension UInt8: Storable {}
extension UInt16: Storable {}
extension UInt32: Storable {}
extension UInt64: Storable {}
extension Int64: Storable {}

/// In 64 bits on every processor.
extension Int: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    guard let value = Int(exactly: try reader.number(Int64.self)) else { throw .invalid }
    self = value
  }
  public func write(to writer: inout StorageWriter) { writer.put(number: Int64(self)) }
}

extension Bool: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    switch try reader.number(UInt8.self) {
    case 0: self = false
    case 1: self = true
    default: throw .invalid
    }
  }
  public func write(to writer: inout StorageWriter) { writer.put(number: UInt8(self ? 1 : 0)) }
}

extension String: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    self.init(decoding: try reader.bytes(), as: UTF8.self)
  }
  public func write(to writer: inout StorageWriter) { writer.put(text: self) }
}

extension Storable where Self: RawRepresentable, RawValue: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    guard let value = Self(rawValue: try reader.value()) else { throw .invalid }
    self = value
  }
  public func write(to writer: inout StorageWriter) { writer.put(rawValue) }
}

extension Optional: Storable where Wrapped: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    self = try reader.value(Bool.self) ? try reader.value(Wrapped.self) : nil
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(self != nil)
    if let self { writer.put(self) }
  }
}

extension Array: Storable where Element: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    self = []
    for _ in 0..<(try reader.count()) { append(try reader.value()) }
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(number: UInt32(count))
    for element in self { writer.put(element) }
  }
}

extension Set: Storable where Element: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) { self.init(try reader.value([Element].self)) }
  public func write(to writer: inout StorageWriter) {
    writer.put(number: UInt32(count))
    for element in self { writer.put(element) }
  }
}

extension Dictionary: Storable where Key: Storable, Value: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    self = [:]
    for _ in 0..<(try reader.count()) {
      let key = try reader.value(Key.self)
      self[key] = try reader.value(Value.self)
    }
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(number: UInt32(count))
    for (key, value) in self {
      writer.put(key)
      writer.put(value)
    }
  }
}

extension Instant: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) { self.init(microseconds: try reader.number()) }
  public func write(to writer: inout StorageWriter) { writer.put(number: microseconds) }
}

extension Interval: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) { self.init(microseconds: try reader.number()) }
  public func write(to writer: inout StorageWriter) { writer.put(number: microseconds) }
}

extension IPAddress: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    if try reader.value(Bool.self) {
      self.init(ipv4: try reader.number())
    } else {
      let high: UInt64 = try reader.number()
      self.init(ipv6High: high, low: try reader.number())
    }
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(isIPv4)
    if isIPv4 {
      writer.put(number: UInt32(truncatingIfNeeded: low))
    } else {
      writer.put(number: high)
      writer.put(number: low)
    }
  }
}

extension SocketAddress: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    let ip = try reader.value(IPAddress.self)
    let port: UInt16 = try reader.number()
    self.init(ip, port: port, scope: try reader.number())
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(ip)
    writer.put(number: port)
    writer.put(number: scope)
  }
}
