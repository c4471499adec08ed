import Wire

// How dialled numbers are stored: a country by its name.

extension NumberClass: Storable {}

extension Country: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    guard let known = Country(try reader.value(String.self)) else { throw .invalid }
    self = known
  }
  public func write(to writer: inout StorageWriter) { writer.put(name) }
}
