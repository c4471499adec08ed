/// One of the two places of a card that hold a whole system.
public enum Slot: String, Equatable, Sendable {
  case a, b

  public var other: Slot { self == .a ? .b : .a }
}

/// Which slot a board starts from, and what it is to try. Two copies lie on the card and are written in turn, so that one of
/// them is whole whatever happens while the other is written. The boot script reads it and counts tries down; the system
/// that runs writes everything else.
public struct SlotState: Equatable, Sendable {
  /// One more at each writing; the higher of two is the newer.
  public var serial: UInt32
  /// The slot that is known to work.
  public var good: Slot
  /// The slot that is to be tried, until it is found good or its tries are used up.
  public var trial: Slot?
  /// How often it will still be started.
  public var tries: UInt32

  /// Power may fail twice while a slot is tried.
  public static let tries: UInt32 = 3

  /// A new card's.
  public init(good: Slot) {
    serial = 1
    self.good = good
    trial = nil
    tries = 0
  }

  init?(_ variables: BootVariables) {
    guard let serial = variables.number("serial"), let good = variables["good"].flatMap({ Slot(rawValue: $0) }),
      let trial = variables["trial"], let tries = variables.number("tries")
    else { return nil }
    self.serial = serial
    self.good = good
    self.trial = Slot(rawValue: trial)
    self.tries = tries
    if self.trial == nil && trial != "-" { return nil }
  }

  /// The state as it stands on the card.
  public var sector: [UInt8] {
    var variables = BootVariables()
    variables.set("serial", serial)
    variables["good"] = good.rawValue
    // U-Boot has no variables that are empty.
    variables["trial"] = trial?.rawValue ?? "-"
    variables.set("tries", tries)
    return variables.sector ?? []
  }

  /// The newest of the copies that are whole, and the place of the other, which is to be written next. With none that is
  /// whole, nil: the boot script then starts slot A.
  public static func newest(of copies: [[UInt8]]) -> (state: SlotState, next: Int)? {
    var found: (state: SlotState, next: Int)?
    for (place, copy) in copies.enumerated() {
      guard let state = BootVariables(copy[...]).flatMap({ SlotState($0) }) else { continue }
      if let found, found.state.serial >= state.serial { continue }
      found = (state, (place + 1) % copies.count)
    }
    return found
  }

  /// Another slot holds a new system.
  public mutating func tryOut(_ slot: Slot) {
    serial &+= 1
    trial = slot
    tries = Self.tries
  }

  /// The slot that runs has proved itself, or the trial is off.
  public mutating func settle(on slot: Slot) {
    serial &+= 1
    good = slot
    trial = nil
    tries = 0
  }
}
