import Codecs
import Configuration
import Media
import Platform

/// Why a recording cannot be played.
enum RecordingError: Error {
  case file(PlatformError)
  case content(path: String, CodecError)

  var description: String {
    switch self {
    case .file(let error): "media.hold_music: \(error.description)"
    case .content(let path, let error): "media.hold_music: \(path): \(error.description)"
    }
  }
}

/// The recording that held phones hear, if any. It is read by a thread of its own: minutes of music take longer to be
/// brought to the rates of speech than a call may wait.
final class Recording {
  private static let largest = 32 << 20
  /// What is looked at before: the samples of nearly all files begin there.
  private static let beginning = 64 << 10

  /// What a thread has made of the file.
  private final class Work: @unchecked Sendable {
    let file: File
    // Written by the thread alone before it says that it is done, and by nobody after.
    var result: Result<Music, RecordingError>?

    init(_ file: File) { self.file = file }
  }

  private struct File: Equatable {
    let path: String
    /// Which file that was, and when it last changed.
    let identity: String
  }

  enum News {
    /// To be played from now on; nil for tones.
    case play(Music?)
    case failed(RecordingError)
  }

  private let done: WakeEvent
  private var wanted: File?
  /// What is played.
  private var current: File?
  private var working: (work: Work, thread: Thread)?

  init(poller: Poller) throws(PlatformError) {
    done = try WakeEvent()
    try poller.add(done.descriptor, .readable, token: Token.recording.packed)
  }

  /// Finds out at once what the beginning of the file tells.
  static func check(_ setting: HoldMusic) throws(RecordingError) {
    guard case .file(let path) = setting else { return }
    let file: (bytes: [UInt8], size: Int64)
    do throws(PlatformError) {
      file = try Files.beginning(of: path, beginning)
      guard file.size <= Int64(largest) else { throw .tooLarge(path: path, limit: largest) }
    } catch {
      throw .file(error)
    }
    do throws(CodecError) {
      try WaveFile.check(beginning: file.bytes, size: Int(file.size))
    } catch {
      throw .content(path: path, error)
    }
  }

  /// Has the configured recording read, unless it is the one that is played; what comes of it is told by `finished`.
  /// Returns what is to be played at once, if anything.
  func want(_ setting: HoldMusic) -> News? {
    guard case .file(let path) = setting else {
      wanted = nil
      guard current != nil else { return nil }
      current = nil
      return .play(nil)
    }
    wanted = File(path: path, identity: Files.identity(path))
    return begin()
  }

  private func begin() -> News? {
    guard working == nil, let wanted, wanted != current else { return nil }
    let work = Work(wanted)
    let done = done
    do throws(PlatformError) {
      let thread = try Thread.start(name: "hold music") {
        work.result = Self.read(work.file.path)
        done.signal()
      }
      working = (work, thread)
      return nil
    } catch {
      self.wanted = current
      return .failed(.file(error))
    }
  }

  private static func read(_ path: String) -> Result<Music, RecordingError> {
    let bytes: [UInt8]
    do throws(PlatformError) {
      bytes = try Files.read(path, limit: largest)
    } catch {
      return .failure(.file(error))
    }
    do throws(CodecError) {
      return .success(try Music(WaveFile(bytes)))
    } catch {
      return .failure(.content(path: path, error))
    }
  }

  /// A thread is done: what came of it, where it is still wanted.
  func finished() -> News? {
    done.drain()
    guard let (work, thread) = working else { return nil }
    thread.join()
    working = nil
    guard work.file == wanted, let result = work.result else { return begin() }
    switch result {
    case .success(let music):
      current = work.file
      return .play(music)
    case .failure(let error):
      wanted = current
      return .failed(error)
    }
  }
}

extension Server {
  func heard(_ news: Recording.News?) {
    switch news {
    case .play(let music):
      media.play(music)
      log.write(.info, "media", music == nil ? "held phones hear no recording" : "held phones hear the recording")
    case .failed(let error): log.write(.error, "media", "held phones hear what they did: " + error.description)
    case nil: break
    }
  }
}
