import Configuration
import Console
import Crypto
import PBX
import Platform
import SIP
import Wire

/// An exchange that has done nothing yet.
func newExchange(
  _ configuration: Configuration, _ handshakes: Handshakes, now: Instant
) throws(StartError) -> Exchange {
  do throws(CryptoError) {
    let exchange = Exchange(configuration, random: RandomSource(seed: try randomBytes(32)), now: now)
    exchange.mediaFingerprint = handshakes.fingerprint
    return exchange
  } catch {
    throw .noRandomness
  }
}

/// Going on where an earlier process was killed.
extension Server {
  /// Takes up what is there: under a supervisor the calls and registrations of the process before, which from now on are
  /// kept in a file beside the control socket; else, as after a power cut, the phones' contacts.
  func takeUp(_ control: ControlPath) throws(StartError) {
    guard let supervision = Supervision.current else { return takeUpRegistrations() }
    let file = Checkpoint(path: Files.folder(of: control.path) + "/checkpoint")
    let ports = media.adoptPorts()
    var values: [Journal.Key: [UInt8]] = [:]
    do throws(Checkpoint.Refusal) {
      guard case .goOn = supervision else { throw file.setAside("the exchange died with it again and again") }
      let left = try file.read()
      values = left.values
      try goOn(values, ports, file, torn: left.torn)
    } catch {
      values = [:]
      exchange = try newExchange(configuration, handshakes, now: Clock.monotonic())
      exchange.offer(ports: ports)
      exchange.keepChanges()
      log.write(
        .warning, "daemon", "what an earlier process left is not taken up",
        [LogField("reason", error.why), LogField("kept", error.path)])
    }
    store.dropRest()
    do throws(PlatformError) {
      try file.begin(values)
      checkpoint = file
    } catch {
      keepingFailed(file, error)
    }
    if values.isEmpty, case .goOn = supervision { takeUpRegistrations() }
  }

  private func goOn(
    _ values: [Journal.Key: [UInt8]], _ ports: [UInt16], _ file: Checkpoint, torn: Int
  ) throws(Checkpoint.Refusal) {
    do throws(StorageError) {
      try exchange.restore(values, ports: ports, now: Clock.monotonic())
    } catch {
      throw file.setAside(error.description)
    }
    guard !values.isEmpty else { return }
    media.reserve(exchange.portsOfCalls.filter { !ports.contains($0) })
    var fields = [
      LogField("calls", String(exchange.callCount)), LogField("registrations", String(registrationCount)),
    ]
    if torn > 0 { fields.append(LogField("torn", "\(torn) octets at the end")) }
    log.write(.notice, "daemon", "going on where an earlier process was", fields)
  }

  private var registrationCount: Int { exchange.status(now: Clock.monotonic()).registrations.count }

  private func takeUpRegistrations() {
    do throws(Journal.Fault) {
      guard let contents = try registrations.read() else { return }
      do throws(StorageError) {
        try exchange.restoreRegistrations(
          contents.values, writtenAt: contents.at, seconds: contents.seconds, now: Clock.monotonic()
        ) { sourceAddress($0.transport, toward: $0.remote, ports.listeners) }
        log.write(.info, "daemon", "phones of before", [LogField("registrations", String(registrationCount))])
      } catch {
        registrationsAreDamaged(error.description)
      }
    } catch {
      registrationsAreDamaged(error.description)
    }
  }

  private func registrationsAreDamaged(_ why: String) {
    registrations.setAside()
    log.write(.warning, "daemon", "phones of before are not known: their file is set aside", [LogField("reason", why)])
  }

  /// Has the phones' contacts on the card before long.
  func keepRegistrations(now: Instant) {
    registrations.note(exchange.registrationChanges, now: now)
    guard let error = registrations.wake(exchange, now: now) else { return }
    log.write(
      .error, "daemon", "phones will have to register anew after a power cut", [LogField("reason", error.description)])
  }

  /// Has what changed in the file before anyone outside hears of it.
  func keepChanges() {
    guard let checkpoint else { return }
    exchange.takeChanges(&changes)
    guard !changes.isEmpty else { return }
    do throws(PlatformError) {
      try checkpoint.append(&changes)
    } catch {
      keepingFailed(checkpoint, error)
    }
  }

  private func keepingFailed(_ file: Checkpoint, _ error: PlatformError) {
    // What is in it would be taken for true by the next process.
    file.remove()
    checkpoint = nil
    exchange.stopKeepingChanges()
    log.write(
      .error, "daemon", "calls will not outlive this process: what changes can't be kept",
      [LogField("reason", error.description)])
  }
}
