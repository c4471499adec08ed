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
  public static func run(configuration path: String, _ client: ControlClient) -> Int32 {
    let (configuration, status): (Configuration, JSON)
    do throws(LoadError) {
      configuration = try loadConfiguration(path)
    } catch {
      return complain(error.lines.joined(separator: "; "))
    }
    do throws(ControlError) {
      status = try client.ask("status")
    } catch {
      return complain(error.description)
    }
    guard let account = account(configuration, status) else {
      return complain(
        "no extension can be tried: found none, or SIP by TLS alone with a certificate that is not the exchange's own")
    }
    return call(account)
  }

  private static func call(_ account: Account) -> Int32 {
    do throws(HandsetError) {
      var random = try DelayCommand.drawn()
      let probe = DelayProbe(Trials(markers, rate: rate) { random.next() })
      var options = HandsetOptions(account: account, audio: "echo")
      options.endToEnd = .off
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

  /// The lowest number where SIP is plain; else, by TLS and the exchange's own authority, that which must encrypt, too.
  private static func account(_ configuration: Configuration, _ status: JSON) -> Account? {
    let all = configuration.extensions.values.sorted { $0.number < $1.number }
    if let plain = configuration.ownListener, let own = all.first(where: { $0.encryption != .required }) {
      return account(own, plain, .off)
    }
    guard let secure = configuration.ownListener([.tls]), let own = all.first,
      let authority = status["certificates"]?.elements.first?["authority_file"]?.text,
      var account = account(own, secure, own.encryption == .off ? .off : .required)
    else { return nil }
    account.authority = authority
    return account
  }

  private static func account(_ own: Extension, _ listener: Listener, _ encryption: Account.Encryption) -> Account? {
    let uri = "sip:\(own.number)@\(listener.address.description);transport=\(listener.transport.rawValue)"
    guard var account = try? Account(uri: uri) else { return nil }
    account.password = own.password
    account.encryption = encryption
    return account
  }

  private static func complain(_ reason: String) -> Int32 {
    Process.writeError("sotto: slot check: \(reason)\n")
    return 1
  }
}
