import Platform
import Slots
import Updates

/// `sotto slot`: shows the card's slots; keeps the one that runs, or goes back to the other.
public enum SlotCommand {
  @export(interface)
  public static func run(_ action: String?, _ arguments: Arguments) -> Int32 {
    CommandFailure.status { () throws(CommandFailure) in
      var card = try OwnCard(arguments)
      defer { card.disk.close() }
      switch action {
      case nil: Process.writeOutput(try step(card.system.disk) { () throws(UpdateFault) in try text(&card) })
      case "confirm"?:
        try step(card.system.disk) { () throws(UpdateFault) -> Void in
          let running = card.system.slot
          try card.slots.change { $0.settle(on: running) }
        }
        Process.writeOutput("slot \(card.system.slot.rawValue) is kept\n")
      case "rollback"?:
        try step(card.system.disk) { () throws(UpdateFault) in try card.slots.rollBack() }
        Process.writeOutput("slot \(card.system.slot.other.rawValue) is started next\n")
      case let word?: throw CommandFailure(word, "expected confirm or rollback, or nothing")
      }
    }
  }

  private static func text(_ card: inout OwnCard) throws(UpdateFault) -> String {
    let state = try card.slots.state()
    var text = "slot \(card.system.slot.rawValue) runs, version \(Release.own.text) for \(card.system.board)\n"
    text += "slot \(state.good.rawValue) is known to work\n"
    if let trial = state.trial {
      text += "slot \(trial.rawValue) is on trial, and will be started \(state.tries) more times\n"
    }
    let other = card.system.slot.other
    return text + "slot \(other.rawValue) "
      + (try card.slots.isStartable(other) ? "can be started\n" : "holds nothing that starts\n")
  }
}
