import PBX
import Platform
import Synchronization
import Wire

/// The phones' contacts in a file on the card, so that after a power cut calls reach phones that register again only
/// within the hour. Written by a thread of its own, for a card may take a second.
final class RegistrationFile {
  /// The form of what is stored; another is not read.
  private static let version = "registrations 1"
  private static let most = 16 << 20
  private static let headKind: UInt8 = 0
  /// What is new is written soon; that phones are still there only so often, for a card wears out.
  private static let pause = Interval.seconds(2)
  private static let longPause = Interval.seconds(300)

  private let folder: String
  private let path: String
  private var written = RegistrationChanges()
  private var noted = RegistrationChanges()
  private var dueAt: Instant?
  private var writer: Thread?
  private let outcome = Outcome()
  private var saidFailure: Int32 = 0

  /// What a writing thread leaves: -1 while it runs, 0, or the errno.
  private final class Outcome: Sendable {
    let errno = Atomic<Int32>(0)
  }

  init(state: String) {
    folder = state
    path = state + "/registrations"
  }

  var nextDeadline: Instant? { dueAt }

  /// Notes that something may have changed.
  func note(_ changes: RegistrationChanges, now: Instant) {
    guard changes != noted else { return }
    let isNew = changes.moves != noted.moves
    noted = changes
    let due = now + (isNew ? Self.pause : Self.longPause)
    dueAt = min(due, dueAt ?? due)
  }

  /// Writes what is due; says once why it can't, until it can again.
  func wake(_ exchange: Exchange, now: Instant) -> PlatformError? {
    guard let due = dueAt, due <= now else { return nil }
    let result = outcome.errno.load(ordering: .acquiring)
    guard result >= 0 else {
      dueAt = now + Self.pause
      return nil
    }
    guard writer != nil else {
      start(bytes(exchange, now: now))
      dueAt = now + Self.pause
      return nil
    }
    finish()
    dueAt = noted == written ? nil : now + (noted.moves == written.moves ? Self.longPause : .zero)
    defer { saidFailure = result }
    return result != 0 && result != saidFailure ? .path("write", path: path, errno: result) : nil
  }

  /// Writes the last of it, and waits for that.
  func close(_ exchange: Exchange, now: Instant) {
    finish()
    if noted != written { start(bytes(exchange, now: now)) }
    finish()
  }

  private func finish() {
    writer?.join()
    writer = nil
  }

  private func start(_ bytes: [UInt8]) {
    written = noted
    outcome.errno.store(-1, ordering: .releasing)
    let (folder, path) = (folder, path)
    let outcome = outcome
    writer = try? Thread.start(name: "registrations") {
      var failure: Int32 = 0
      do throws(PlatformError) {
        try Files.makeFolder(folder)
        try Files.writeAtomically(bytes, to: path)
      } catch {
        failure = max(1, error.errno ?? 1)
      }
      outcome.errno.store(failure, ordering: .releasing)
    }
    if writer == nil { outcome.errno.store(11, ordering: .releasing) }
  }

  private func bytes(_ exchange: Exchange, now: Instant) -> [UInt8] {
    var batch = Journal.Batch()
    batch.put(Journal.Key(Self.headKind, "")) { writer in
      writer.put(number: Clock.wall())
      writer.put(now)
    }
    exchange.putRegistrations(&batch)
    return Journal.beginning(version: Self.version) + batch.sealed()
  }

  // MARK: Reading

  /// What was written, when by the monotonic clock of then, and how many seconds ago.
  struct Contents {
    var values: [Journal.Key: [UInt8]]
    var at: Instant
    var seconds: Int64
  }

  /// Nil where there is no file; throws what is wrong with it.
  func read() throws(Journal.Fault) -> Contents? {
    guard let bytes = try? Files.read(path, limit: Self.most) else { return nil }
    var values = try Journal.read(bytes, version: Self.version).values
    guard let head = values.removeValue(forKey: Journal.Key(Self.headKind, "")) else { throw .notAJournal }
    var reader = StorageReader(head)
    guard let wall: Int64 = try? reader.number(), let at = try? reader.value(Instant.self) else { throw .notAJournal }
    // A board without a clock of its own may believe that it is earlier.
    return Contents(values: values, at: at, seconds: max(0, (Clock.wall() - wall) / 1_000_000))
  }

  /// Puts a file that can't be taken up out of the way.
  func setAside() { try? Files.rename(path, to: path + ".aside") }
}
