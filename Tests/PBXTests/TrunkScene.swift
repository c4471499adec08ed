import Configuration
import DNS
import Numbering
import SIP
import SimNet
import Testing
import Wire

@testable import PBX

/// An office in Germany with a line to a provider, and a phone or two.
final class TrunkScene {
  let office: Office
  let provider: Provider

  init(_ change: (inout Configuration) -> Void = { _ in }) {
    office = Office { configuration in
      configuration.country = Country("DE")
      configuration.area = "30"
      configuration.trunks = [TrunkScene.line("line", "198.51.100.1")]
      configuration.routes = [TrunkScene.route("_0.", ["line"])]
      change(&configuration)
    }
    provider = Provider("198.51.100.1", box: office.box.address)
    office.simulation.add(provider)
  }

  static func line(_ name: String, _ host: String, registers: Bool = true) -> TrunkSettings {
    var line = TrunkSettings(name: name, host: host)
    line.user = "line1"
    line.password = "line-secret"
    line.registers = registers
    line.callerNumber = "+4930555"
    line.numbers = [
      .init(DialPattern("+49305551")!, "1001"), .init(DialPattern("_+49305552X")!, "1002"),
      .init(DialPattern("+49305559")!, "*43"),
    ]
    return line
  }

  static func route(_ pattern: String, _ trunks: [String], strip: Int = 0, prepend: String = "") -> Route {
    var route = Route()
    route.patterns = [DialPattern(pattern)!]
    route.trunks = trunks
    route.strip = strip
    route.prepend = prepend
    return route
  }

  /// Another provider.
  func provider(_ host: String) -> Provider {
    let made = Provider(host, box: office.box.address)
    office.simulation.add(made)
    return made
  }

  var status: TrunkStatus { status("line") }
  func status(_ name: String) -> TrunkStatus { office.exchange.trunkStatus(now: office.now).first { $0.name == name }! }

  /// Lets things happen, and waits until the trunk works.
  @discardableResult
  func comesUp() -> Bool {
    let box = office.box
    box.wake(now: office.now)
    let done = office.run(until: { self.status.state == .registered || self.status.state == .reachable })
    provider.forget()
    return done
  }

  func reload(_ change: (inout Configuration) -> Void) {
    var configuration = office.exchange.configuration
    change(&configuration)
    office.exchange.reload(configuration)
    office.box.drain(now: office.now)
  }
}
