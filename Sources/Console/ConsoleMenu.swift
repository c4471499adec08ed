import Platform
import Wire

/// What the card's own system puts there for the console; on another machine they are absent.
enum Appliance {
  static let network = ["/sbin/sotto-network", "restart"]
  static let reboot = ["/sbin/sotto-reboot"]

  /// Runs one of them and says how it went.
  static func run(_ program: [String], done: String) -> String {
    guard Files.isExecutable(program[0]) else {
      return "this is not a Sotto appliance: \(program[0]) is not there; use the system's own tools"
    }
    switch Process.run(program) {
    case 0: return done
    case let status: return "\(program[0]) failed (status \(status)); the log may say why"
    }
  }
}

/// `sotto console`: the menu on standard input and output, by single keys on a terminal and by lines elsewhere.
public struct ConsoleMenu {
  private let client: ControlClient

  public init(client: ControlClient) { self.client = client }

  /// Runs until `q` or the end of input.
  public func run() -> Int32 {
    let client = client
    var menu = Menu(
      actions: MenuActions(
        ask: { command, members in
          do throws(ControlError) {
            return .success(try client.ask(command, members))
          } catch {
            return .failure(error)
          }
        },
        addresses: { Network.interfaces().map { "\(padded($0.name, to: 10)) \($0.ip.description)" } },
        restartNetwork: { Appliance.run(Appliance.network, done: "the network was restarted") },
        reboot: { Appliance.run(Appliance.reboot, done: "rebooting") }))
    let terminal = Terminal.takeKeysSingly()
    defer { terminal?.restore() }
    Process.writeOutput(menu.greeting())
    while !menu.isFinished, let key = Terminal.readKey() {
      Process.writeOutput(menu.press(key))
    }
    return 0
  }
}
