import Codecs
import Configuration
import Crypto
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

/// The recording that held phones hear, as it was last read; none where there are tones, or nothing.
struct Recording {
  private static let largest = 32 << 20

  private(set) var music: Music?
  /// Of the file.
  private var hash: [UInt8] = []

  init() {}

  /// Reads what the configuration names. What was read `before` stays as it is while the file does: to change the rate of
  /// minutes of music takes the time of many calls.
  init(_ setting: HoldMusic, before: Recording) throws(RecordingError) {
    guard case .file(let path) = setting else {
      self = Recording()
      return
    }
    let bytes: [UInt8]
    do throws(PlatformError) {
      bytes = try Files.read(path, limit: Self.largest)
    } catch {
      throw .file(error)
    }
    hash = Hash.sha256(bytes)
    if hash == before.hash {
      music = before.music
      return
    }
    do throws(CodecError) {
      music = try Music(WaveFile(bytes))
    } catch {
      throw .content(path: path, error)
    }
  }

  func isSame(as other: Recording) -> Bool { hash == other.hash }
}
