import SDP
import SIP
import Wire

// How the states of calls and legs are stored: a number for the case, and what it carries.

extension CallSide: Storable {}
extension EventPackage: Storable {}

extension Call.State: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    switch try reader.number(UInt8.self) {
    case 0: self = .ringing(try reader.value())
    case 1: self = .talking(try reader.value())
    case 2: self = .ending(try reader.value())
    case 3: self = .over
    default: throw .invalid
    }
  }
  func write(to writer: inout StorageWriter) {
    switch self {
    case .ringing(let ringing): writer.put(case: 0, ringing)
    case .talking(let talking): writer.put(case: 1, talking)
    case .ending(let talking): writer.put(case: 2, talking)
    case .over: writer.put(case: 3)
    }
  }
}

extension Call.Origin: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    switch try reader.number(UInt8.self) {
    case 0: self = .invite(try reader.value())
    case 1: self = .transfer(try reader.value())
    case 2: self = .nobody
    default: throw .invalid
    }
  }
  func write(to writer: inout StorageWriter) {
    switch self {
    case .invite(let incoming): writer.put(case: 0, incoming)
    case .transfer(let reference): writer.put(case: 1, reference)
    case .nobody: writer.put(case: 2)
    }
  }
}

extension Leg.Ending: Storable {}

extension Reoffer.State: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    switch try reader.number(UInt8.self) {
    case 0: self = .due
    case 1: self = .waiting(until: try reader.value())
    case 2: self = .running(try reader.value(), inviteCSeq: try reader.value(), said: try reader.value())
    default: throw .invalid
    }
  }
  func write(to writer: inout StorageWriter) {
    switch self {
    case .due: writer.put(case: 0)
    case .waiting(let until): writer.put(case: 1, until)
    case .running(let transaction, let cSeq, let said):
      writer.put(case: 2, transaction)
      writer.put(cSeq)
      writer.put(said)
    }
  }
}

extension Exchange.Purpose: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    switch try reader.number(UInt8.self) {
    case 0: self = .branch(call: try reader.value(), index: try reader.value())
    case 1: self = .reinvite(call: try reader.value())
    case 2: self = .reoffer(try reader.value())
    case 3: self = .ended(try reader.value())
    case 4: self = .transferNotice(try reader.value())
    case 5: self = .bye(try reader.value())
    case 6: self = .info(try reader.value(), try reader.value())
    case 7: self = .refresh(try reader.value())
    case 8: self = .notice(try reader.value())
    case 9: self = .message(try reader.value())
    case 10: self = .trunk(try reader.value())
    default: throw .invalid
    }
  }
  func write(to writer: inout StorageWriter) {
    switch self {
    case .branch(let call, let index):
      writer.put(case: 0, call)
      writer.put(index)
    case .reinvite(let call): writer.put(case: 1, call)
    case .reoffer(let reference): writer.put(case: 2, reference)
    case .ended(let dialog): writer.put(case: 3, dialog)
    case .transferNotice(let reference): writer.put(case: 4, reference)
    case .bye(let reference): writer.put(case: 5, reference)
    case .info(let transaction, let request):
      writer.put(case: 6, transaction)
      writer.put(request)
    case .refresh(let reference): writer.put(case: 7, reference)
    case .notice(let tag): writer.put(case: 8, tag)
    case .message(let transaction): writer.put(case: 9, transaction)
    case .trunk(let purpose): writer.put(case: 10, purpose)
    }
  }
}
