import Wire

extension NonceLedger.Use: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    highest = try reader.number()
    window = try reader.number()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(number: highest)
    writer.put(number: window)
  }
}

/// What another process needs so that nonces that phones hold go on, and none that was used is taken again.
extension DigestServer {
  /// From now on `takeChanges` tells what changed.
  public mutating func keepChanges() { ledger.changes = [] }

  public mutating func stopKeepingChanges() { ledger.changes = nil }

  /// Puts what changed since this was last asked into a batch: the secret under `name`, the uses of nonces under their
  /// serials.
  @export(interface)
  public mutating func takeChanges(_ batch: inout Journal.Batch, secret kind: UInt8, uses useKind: UInt8) {
    guard let changes = ledger.changes, !changes.isEmpty || !isSecretKept else { return }
    isSecretKept = true
    batch.put(Journal.Key(kind, "")) { writer in
      writer.put(bytes: secret)
      writer.put(number: ledger.forgotten)
    }
    for serial in changes {
      let key = Journal.Key(useKind, String(serial, radix: 16))
      if let use = ledger.uses[serial] { batch.put(key) { $0.put(use) } } else { batch.forget(key) }
    }
    ledger.changes = []
  }

  /// The server of another process: its secret as it was put, and the uses by their names.
  @export(interface)
  public init(
    realm: String, secret reader: inout StorageReader, uses: [(name: String, value: [UInt8])]
  ) throws(StorageError) {
    self.init(realm: realm, secret: try reader.bytes())
    let forgotten: UInt64 = try reader.number()
    var restored: [UInt64: NonceLedger.Use] = [:]
    for (name, value) in uses {
      guard let serial = UInt64(name, radix: 16) else { throw .invalid }
      var reader = StorageReader(value)
      restored[serial] = try reader.value(NonceLedger.Use.self)
    }
    ledger.restore(restored, forgotten: forgotten)
  }
}
