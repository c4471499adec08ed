import Configuration
import Numbering
import SIP
import Wire

// How what concerns calls to the outside is stored.

extension Outward: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    number = try reader.value()
    isEmergency = try reader.value()
    payer = try reader.value()
    trunks = try reader.value()
    trunk = try reader.value()
    hops = try reader.value()
    nextHop = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(number)
    writer.put(isEmergency)
    writer.put(payer)
    writer.put(trunks)
    writer.put(trunk)
    writer.put(hops)
    writer.put(nextHop)
  }
}

extension TrunkLeg: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    name = try reader.value()
    payer = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(name)
    writer.put(payer)
  }
}

extension TrunkRequest: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    request = try reader.value()
    flow = try reader.value()
    trunk = try reader.value()
    user = try reader.value()
    password = try reader.value()
    answers = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(request)
    writer.put(flow)
    writer.put(trunk)
    writer.put(user)
    writer.put(password)
    writer.put(answers)
  }
}

extension Trunk.Way: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    hop = try reader.value()
    flow = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(hop)
    writer.put(flow)
  }
}

extension TollBook.Usage: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    calls = try reader.value()
    talked = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(calls)
    writer.put(talked)
  }
}

extension TrunkPurpose: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    switch try reader.number(UInt8.self) {
    case 0: self = .register(try reader.value())
    case 1: self = .leave
    case 2: self = .ping(try reader.value())
    case 3: self = .trial(try reader.value())
    default: throw .invalid
    }
  }
  func write(to writer: inout StorageWriter) {
    switch self {
    case .register(let name): writer.put(case: 0, name)
    case .leave: writer.put(case: 1)
    case .ping(let name): writer.put(case: 2, name)
    case .trial(let number): writer.put(case: 3, number)
    }
  }
}

extension Trunk.Registration: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    switch try reader.number(UInt8.self) {
    case 0: self = .none
    case 1: self = .absent
    case 2: self = .asking(try reader.value())
    case 3: self = .held(until: try reader.value(), renewAt: try reader.value())
    default: throw .invalid
    }
  }
  func write(to writer: inout StorageWriter) {
    switch self {
    case .none: writer.put(case: 0)
    case .absent: writer.put(case: 1)
    case .asking(let transaction): writer.put(case: 2, transaction)
    case .held(let until, let renewAt):
      writer.put(case: 3, until)
      writer.put(renewAt)
    }
  }
}

/// A trunk at work is stored without its settings, which the configuration has, but with what tells whether they are
/// still those of the same account.
extension Trunk {
  /// Nil where the account is another than the one stored.
  init?(_ settings: TrunkSettings, from reader: inout StorageReader) throws(StorageError) {
    let account = try reader.bytes()
    let registration = try reader.value(Registration.self)
    let callID = try reader.value(String.self)
    let tag = try reader.value(String.self)
    self.init(settings, callID: callID, tag: tag, line: try reader.value())
    self.registration = registration
    cSeq = try reader.value()
    expires = try reader.value()
    hops = try reader.value()
    failedHops = try reader.value()
    way = try reader.value()
    named = try reader.value()
    serviceRoutes = try reader.value()
    seenAs = try reader.value()
    dueAt = try reader.value()
    failures = try reader.value()
    isReachable = try reader.value()
    lastError = try reader.value()
    ping = try reader.value()
    guard account == settings.account else { return nil }
  }

  func write(to writer: inout StorageWriter) {
    writer.put(bytes: settings.account)
    writer.put(registration)
    writer.put(callID)
    writer.put(tag)
    writer.put(line)
    writer.put(cSeq)
    writer.put(expires)
    writer.put(hops)
    writer.put(failedHops)
    writer.put(way)
    writer.put(named)
    writer.put(serviceRoutes)
    writer.put(seenAs)
    writer.put(dueAt)
    writer.put(failures)
    writer.put(isReachable)
    writer.put(lastError)
    writer.put(ping)
  }
}

extension TrunkSettings {
  /// What `hasAccount` compares, as bytes.
  fileprivate var account: [UInt8] {
    var writer = StorageWriter()
    for place in [place, outboundProxy] {
      writer.put(place?.host)
      writer.put(place?.port)
    }
    writer.put(transport?.rawValue)
    writer.put(user)
    writer.put(authenticationUser)
    writer.put(password)
    writer.put(registers)
    writer.put(expires)
    writer.put(keepAlive)
    for source in acceptFrom {
      switch source {
      case .name(let name): writer.put(name)
      case .prefix(let prefix): writer.put(prefix.description)
      }
    }
    return writer.bytes
  }
}
