import Configuration
import Console
import PBX
import Platform
import Wire

extension Server {
  /// Reads the file again. A fault in it leaves everything as it was; returns why, or nil when it is in force.
  func reload(now: Instant) -> String? {
    let fresh: Configuration
    let offered: Certificates.Fresh
    do throws(LoadError) {
      fresh = try loadConfiguration(file)
    } catch {
      for line in error.lines { log.write(.error, "configuration", line) }
      return kept("\(file) has faults: " + error.lines.joined(separator: "; "))
    }
    do throws(TLSReadError) {
      offered = try certificates.prepare(fresh)
      try openWebSockets(fresh)
    } catch {
      log.write(.error, "configuration", error.description)
      return kept(error.description)
    }
    do throws(RecordingError) {
      try Recording.check(fresh.media.holdMusic)
    } catch {
      log.write(.error, "configuration", error.description)
      return kept(error.description)
    }
    do throws(PlatformError) {
      try openPorts(fresh.listeners)
    } catch {
      log.write(.error, "configuration", error.description)
      return kept(error.description)
    }
    do throws(TLSReadError) {
      try offer(offered, now: now)
      webSockets?.configure(origins: fresh.webSocketOrigins)
    } catch {
      // Memory is out: the certificates of before go on.
      log.write(.error, "tls", error.description)
    }
    if fresh.logLevel != configuration.logLevel { log.level = fresh.logLevel }
    media.configure(fresh.media)
    heard(recording.want(fresh.media.holdMusic))
    do throws(PlatformError) {
      try world.use(fresh.nameServers)
    } catch {
      log.write(.error, "dns", error.description)
    }
    exchange.reload(fresh)
    configuration = fresh
    log.write(
      .notice, "configuration", "read again", [LogField("extensions", String(fresh.extensions.count))])
    tellOfOwnPhones()
    return nil
  }

  private func kept(_ reason: String) -> String {
    log.write(.error, "configuration", "not read again, the old configuration stays in force")
    return "the old configuration stays in force: " + reason
  }
}
