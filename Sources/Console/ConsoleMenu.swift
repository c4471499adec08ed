import Platform
import Wire

/// What the card's own system puts there for the console.
enum Appliance {
  private static let network = "/lib/sotto/network"
  private static let bundle = "/boot/sotto.bundle"

  static func restartNetwork() -> String { run([network, "restart"], done: "the network is restarted") }

  static func reboot() -> String { run(["/sbin/reboot"], done: "rebooting") }

  /// Takes a bundle that someone put on the FAT partition; it says itself how that went.
  static func update() -> Bool {
    Process.writeOutput("\n")
    guard let arguments = try? Arguments([bundle], of: CommandTable.update) else { return false }
    return UpdateCommand.run(bundle, arguments) == 0
  }

  /// Runs a program and says how it went; elsewhere than on the card nothing is run.
  private static func run(_ program: [String], done: String) -> String {
    guard Files.isExecutable(network) else {
      return "this is not a Sotto appliance (no \(network)); use the system's own tools"
    }
    let status = Process.run(program)
    return status == 0 ? done : "\(program[0]) failed with status \(status); the log may say why"
  }
}

/// `sotto console`: the menu on standard input and output, by single keys on a terminal and by lines elsewhere.
public struct ConsoleMenu {
  private let client: ControlClient

  public init(client: ControlClient) { self.client = client }

  /// Runs until `q` or the end of input.
  @export(interface)
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
        restartNetwork: { Appliance.restartNetwork() }, reboot: { Appliance.reboot() },
        update: { Appliance.update() }))
    let terminal = Terminal.takeKeysSingly()
    defer { terminal?.restore() }
    Process.writeOutput(menu.greeting())
    while !menu.isFinished, let key = Terminal.readKey() {
      Process.writeOutput(menu.press(key))
    }
    return 0
  }
}
