import Codecs
import Configuration
import Console
import Crypto
import Delay
import Phone
import Platform
import Wire

/// `sotto slot check`: whether the exchange that runs here takes a registration and returns a call's voice, by a telephone on
/// loopback which is the first extension that may do so.
public enum SelfCall {
  private static let rate = 8000
  private static let markers = 3

  /// 0 where a marker came back from the echo.
  @export(interface)
  public static func run(configuration path: String) -> Int32 {
    do throws(LoadError) {
      let configuration = try loadConfiguration(path)
      guard let account = account(configuration) else {
        return complain("no extension may register without TLS at an address of this box, so none can be tried")
      }
      return call(account)
    } catch {
      return complain(error.lines.joined(separator: "; "))
    }
  }

  private static func call(_ account: Account) -> Int32 {
    do throws(HandsetError) {
      var random = try DelayCommand.drawn()
      let probe = DelayProbe(Trials(markers, rate: rate) { random.next() })
      var options = HandsetOptions(account: account, audio: "echo")
      options.endToEnd = .off
      options.codecs = [.muLaw, .aLaw]
      options.call = DelayCommand.echoNumber
      options.endsWhenSaid = true
      let phone = try Handset(options, probe)
      _ = phone.run()
      guard phone.lastEnd?.cause == .hungUpHere, probe.isOver else {
        return complain(phone.lastEnd?.reason ?? "the exchange does not take the telephone \(account.user)")
      }
      guard probe.results().contains(where: { $0.delay != nil }) else { return complain("no voice came back") }
      Process.writeOutput("the exchange took \(account.user) and returned its voice\n")
      return 0
    } catch {
      return complain(error.description)
    }
  }

  /// The lowest number that needs no encryption, and the first address where SIP is plain.
  private static func account(_ configuration: Configuration) -> Account? {
    let plain = configuration.extensions.values.filter { $0.encryption != .required }
    guard let own = plain.min(by: { $0.number < $1.number }),
      let listener = configuration.listeners.first(where: { $0.transport == .udp || $0.transport == .tcp })
    else { return nil }
    var address = listener.address
    if address.ip.isUnspecified, let here = IPAddress(address.ip.isIPv4 ? "127.0.0.1" : "::1") { address.ip = here }
    let uri = "sip:\(own.number)@\(address.description);transport=\(listener.transport.rawValue)"
    guard var account = try? Account(uri: uri) else { return nil }
    account.password = own.password
    account.encryption = .off
    return account
  }

  private static func complain(_ reason: String) -> Int32 {
    Process.writeError("sotto: slot check: \(reason)\n")
    return 1
  }
}
