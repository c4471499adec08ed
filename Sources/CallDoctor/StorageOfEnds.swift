import Wire

extension CallEnd: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    switch try reader.number(UInt8.self) {
    case 0: self = .hungUp(try reader.value())
    case 1: self = .gaveUp
    case 2: self = .noAnswer
    case 3:
      let status: Int = try reader.value()
      self = .refused(status, warning: try reader.value(String?.self))
    case 4: self = .unreachable
    case 5:
      let name: String = try reader.value()
      let status: Int = try reader.value()
      self = .trunk(name, status, try reader.value())
    case 6: self = .noSuchNumber
    case 7: self = .notRegistered
    case 8: self = .closed(try reader.value())
    case 9: self = .noPorts
    case 10: self = .noCommonCodec
    case 11: self = .onlyEncrypted
    case 12: self = .unusable(try reader.value())
    case 13: self = .loop
    case 14: self = .unacknowledged(try reader.value())
    case 15: self = .noPRACK
    case 16: self = .silent
    case 17: self = .mediaFailed
    case 18: self = .expired
    case 19: self = .lost
    case 20: self = .badAnswer
    case 21: self = .minutesUsedUp(try reader.value())
    case 22: self = .transferred
    case 23: self = .transferFailed
    case 24: self = .joined
    case 25: self = .overload
    case 26: self = .shutdown
    case 27: self = .notEncrypted
    case 28: self = .noUsableKeys
    case 29: self = .keysInTheOpen
    case 30: self = .handshakeFailed(try reader.value(), why: try reader.value())
    default: throw .invalid
    }
  }

  public func write(to writer: inout StorageWriter) {
    switch self {
    case .hungUp(let party): writer.put(case: 0, party)
    case .gaveUp: writer.put(case: 1)
    case .noAnswer: writer.put(case: 2)
    case .refused(let status, let warning):
      writer.put(case: 3, status)
      writer.put(warning)
    case .unreachable: writer.put(case: 4)
    case .trunk(let name, let status, let words):
      writer.put(case: 5, name)
      writer.put(status)
      writer.put(words)
    case .noSuchNumber: writer.put(case: 6)
    case .notRegistered: writer.put(case: 7)
    case .closed(let rule): writer.put(case: 8, rule)
    case .noPorts: writer.put(case: 9)
    case .noCommonCodec: writer.put(case: 10)
    case .onlyEncrypted: writer.put(case: 11)
    case .notEncrypted: writer.put(case: 27)
    case .noUsableKeys: writer.put(case: 28)
    case .keysInTheOpen: writer.put(case: 29)
    case .handshakeFailed(let party, let why):
      writer.put(case: 30, party)
      writer.put(why)
    case .unusable(let fault): writer.put(case: 12, fault)
    case .loop: writer.put(case: 13)
    case .unacknowledged(let party): writer.put(case: 14, party)
    case .noPRACK: writer.put(case: 15)
    case .silent: writer.put(case: 16)
    case .mediaFailed: writer.put(case: 17)
    case .expired: writer.put(case: 18)
    case .lost: writer.put(case: 19)
    case .badAnswer: writer.put(case: 20)
    case .minutesUsedUp(let rule): writer.put(case: 21, rule)
    case .transferred: writer.put(case: 22)
    case .transferFailed: writer.put(case: 23)
    case .joined: writer.put(case: 24)
    case .overload: writer.put(case: 25)
    case .shutdown: writer.put(case: 26)
    }
  }
}
