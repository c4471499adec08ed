import Configuration
import Crypto
import Media
import Platform
import Wire

/// The signalling thread's end of the media thread.
final class MediaLink {
  private let service: MediaService
  /// How packets reach the kernel, once the thread has said so.
  private(set) var engineName = "starting"
  /// Why the media thread ended by itself; nil while it runs.
  private(set) var failure: MediaError?

  init(_ settings: MediaSettings, helper: String, poller: Poller) throws(StartError) {
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
  func reserve(_ count: Int) -> [UInt16] { service.reservePorts(count) }

  func perform(_ command: Command) { service.perform(command) }

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
  func play(_ recording: Recording) { service.setMusic(recording.music) }

  /// Calls keep the ports that they have; later ones get theirs from the new range.
  func configure(_ settings: MediaSettings) { service.setPorts(settings.ports) }

  func stop() { service.stop() }
}
