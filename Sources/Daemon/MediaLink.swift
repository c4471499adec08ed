import Configuration
import Crypto
import Media
import Platform
import Wire

/// The signalling thread's end of the media thread.
final class MediaLink {
  private let service: MediaService
  private let store: DescriptorStore
  /// The ports of each stream's sides.
  private var ports: [StreamID: [Side: UInt16]] = [:]
  /// How packets reach the kernel, once the thread has said so.
  private(set) var engineName = "starting"
  /// Why the media thread ended by itself; nil while it runs.
  private(set) var failure: MediaError?

  init(
    _ settings: MediaSettings, helper: String, poller: Poller, store: DescriptorStore
  ) throws(StartError) {
    self.store = store
    var relay = RelaySettings(ports: settings.ports)
    relay.threads = min(settings.threads ?? MediaSettings.mostThreads, Process.processors)
    relay.helper = helper
    do throws(CryptoError) {
      relay.seed = try randomBytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    } catch {
      throw .noRandomness
    }
    do throws(MediaError) {
      service = try MediaService(relay)
    } catch {
      throw .media(error)
    }
    do throws(PlatformError) {
      try poller.add(service.eventDescriptor, .readable, token: Token.media.packed)
    } catch {
      throw .platform(error)
    }
  }

  /// Even ports, each bound with the odd one above it; fewer than asked for where the range has no more.
  func reserve(_ count: Int) -> [UInt16] {
    let ports = service.reservePorts(count)
    keep(ports)
    return ports
  }

  /// Binds these pairs anew: who held them for the process before is gone as well.
  func reserve(_ ports: [UInt16]) {
    service.reserve(ports: ports)
    keep(ports)
  }

  private func keep(_ ports: [UInt16]) {
    var sockets: [(name: String, descriptor: Int32)] = []
    for port in ports {
      guard let pair = service.sockets(ofReserved: port) else { continue }
      sockets += [(rtpName(port), pair.rtp), (controlName(port), pair.control)]
    }
    store.keep(sockets)
  }

  /// Takes the ports that an earlier process had, each as if it had just been reserved.
  func adoptPorts() -> [UInt16] {
    var adopted: [UInt16] = []
    for name in store.names {
      guard name.utf8.starts(with: rtpPrefix.utf8), let port = UInt16(name.dropFirst(rtpPrefix.utf8.count)),
        let rtp = store.take(name), let control = store.take(controlName(port))
      else { continue }
      service.adopt(port: port, rtp: rtp, control: control)
      adopted.append(port)
    }
    return adopted.sorted()
  }

  func perform(_ command: Command) {
    service.perform(command)
    switch command {
    case .setLeg(let stream, let side, let leg): use(leg.port, stream, side)
    case .setEcho(let stream, let leg): use(leg.port, stream, .a)
    case .release(let port): drop([port])
    case .close(let stream): drop(ports.removeValue(forKey: stream).map { Array($0.values) } ?? [])
    default: break
    }
  }

  /// The media thread closes the port that a side had before.
  private func use(_ port: UInt16, _ stream: StreamID, _ side: Side) {
    if let old = ports[stream, default: [:]].updateValue(port, forKey: side), old != port { drop([old]) }
  }

  private func drop(_ ports: [UInt16]) {
    store.drop(ports.flatMap { [rtpName($0), controlName($0)] })
  }

  /// Hands over what the media thread said.
  func takeEvents(_ body: (Event) -> Void) {
    while let event = service.nextEvent() {
      switch event {
      case .started(.uring): engineName = "io_uring"
      case .started(.epoll(let refusal)):
        engineName = refusal == 0 ? "epoll" : "epoll (io_uring: \(errorText(refusal)))"
      case .stopped(let error): failure = error
      default: break
      }
      body(event)
    }
  }

  var nextDeadline: Instant? { service.nextDeadline }

  func wake(now: Instant) { service.wake(now: now) }

  /// What held phones hear from now on.
  func play(_ music: Music?) { service.setMusic(music) }

  /// Calls keep the ports that they have; later ones get theirs from the new range.
  func configure(_ settings: MediaSettings) { service.setPorts(settings.ports) }

  func stop() { service.stop() }
}

private let rtpPrefix = "rtp "
private func rtpName(_ port: UInt16) -> String { rtpPrefix + String(port) }
private func controlName(_ port: UInt16) -> String { "rtcp " + String(port) }
