import Console
import Testing

/// What the menu did to the world.
private final class World {
  var asked: [String] = []
  var restarts = 0
  var reboots = 0
  var logLines = 3
  var isRunning = true
  var takesUpdate = false

  func menu() -> Typist {
    Typist(
      actions: MenuActions(
        ask: { command, members in self.answer(command, members) }, addresses: { ["eth0       192.0.2.5"] },
        restartNetwork: {
          self.restarts += 1
          return "the network was restarted"
        },
        reboot: {
          self.reboots += 1
          return "rebooting"
        }, update: { self.takesUpdate }))
  }

  private func answer(_ command: String, _ members: [JSON.Member]) -> Result<JSON, ControlError> {
    asked.append(([command] + members.map { $0.value.description }).joined(separator: " "))
    guard isRunning else { return .failure(.notRunning(path: "/run/sotto/control", reason: "gone")) }
    if command == "log" {
      return .success(.object([.init("lines", .array((0..<logLines).map { .text("line \($0)") }))]))
    }
    let phone = JSON.object([
      .init("number", .text("1001")), .init("source", .text("udp 192.0.2.7:5060")),
      .init("expires_seconds", .integer(3000)),
      .init("contact", .text("sip:1001@192.0.2.7")),
    ])
    return .success(.object([.init("version", .text("0.1.0")), .init("registrations", .array([phone]))]))
  }
}

/// Someone at the menu; a class, so that a test can type inside an expectation.
private final class Typist {
  private var menu: Menu

  init(actions: MenuActions) { menu = Menu(actions: actions) }

  var isFinished: Bool { menu.isFinished }
  func greeting() -> String { menu.greeting() }
  func type(_ keys: String) -> String { keys.utf8.map { menu.press($0) }.joined() }
}

@Suite struct MenuTests {
  @Test func phonesCallsAndAddressesAreShown() {
    let menu = World().menu()
    #expect(menu.greeting().contains("1 addresses"))
    #expect(menu.type("1").contains("192.0.2.5"))
    let phones = menu.type("2")
    #expect(phones.contains("1001    udp 192.0.2.7:5060  50 min   sip:1001@192.0.2.7"), "\(phones)")
    #expect(menu.type("3").contains("no call"))
  }

  @Test func wholeLinesWorkAsWellAsKeys() {
    let world = World()
    let menu = world.menu()
    #expect(menu.type("5\n5\n").contains("log level is now debug"))
    #expect(world.asked == ["log-level \"debug\""])
    _ = menu.type("q")
    #expect(menu.isFinished)
  }

  @Test func aLongLogIsShownByPages() {
    let world = World()
    world.logLines = 50
    let menu = world.menu()
    let first = menu.type("4")
    #expect(first.contains("line 21") && !first.contains("line 22") && first.contains("28 more lines"))
    let second = menu.type(" ")
    #expect(second.contains("line 22") && second.contains("6 more lines"))
    #expect(menu.type("q").contains("1 addresses"))
    for page in [first, second] {
      #expect(page.split(separator: "\n").count <= 24)
      #expect(page.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }
  }

  @Test func rebootIsAskedTwice() {
    let world = World()
    let menu = world.menu()
    #expect(menu.type("7n").contains("not rebooted") && world.reboots == 0)
    #expect(menu.type("7y").contains("rebooting") && world.reboots == 1)
    #expect(menu.type("6").contains("restarted") && world.restarts == 1)
  }

  @Test func anUpdateThatWasTakenAsksForAReboot() {
    let world = World()
    let menu = world.menu()
    #expect(menu.type("8").contains("1 addresses"))
    world.takesUpdate = true
    #expect(menu.type("8").contains("Reboot now?") && menu.type("y").contains("rebooting") && world.reboots == 1)
  }

  @Test func itWorksWhileTheExchangeDoesNot() {
    let world = World()
    world.isRunning = false
    let menu = world.menu()
    #expect(menu.greeting().contains("does not answer"))
    #expect(menu.type("2").contains("does not answer") && menu.type("1").contains("eth0"))
  }
}
