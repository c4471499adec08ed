import CALSA
import Wire

/// A device of sound by its name in alsa-lib, opened without any file of alsa-lib's: there is none on a board.
///
/// `hw:0`, `hw:1,2`, `hw:Headset`, `hw:CARD=Headset,DEV=0`, and the same with `plughw:`, are a card's device behind `plug`,
/// which converts what it must; `null` is silence. Every other name is looked up in the system's own configuration.
struct SoundDevice {
  let name: String
  /// What alsa-lib is to know of it; nil where it reads its own.
  private let configuration: String?

  init(_ name: String) {
    self.name = name
    calsa_silence()
    let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
    if name == "null" {
      configuration = "pcm.sotto { type null }"
    } else if parts.count == 2, parts[0] == "hw" || parts[0] == "plughw" {
      configuration = Self.hardware(parts[1])
    } else {
      configuration = nil
    }
  }

  /// Of `0`, `0,1`, `Name,1,2`, `CARD=Name,DEV=1`; nil of anything else.
  private static func hardware(_ text: String) -> String? {
    let keys = ["card", "device", "subdevice"]
    let prefixes = ["CARD=", "DEV=", "SUBDEV="]
    let words = text.split(separator: ",", omittingEmptySubsequences: false)
    guard words.count <= keys.count else { return nil }
    var fields = ""
    for (i, word) in words.enumerated() {
      let value = word.hasPrefix(prefixes[i]) ? word.dropFirst(prefixes[i].utf8.count) : word
      // What is more than a name would be configuration.
      guard !value.isEmpty, value.utf8.allSatisfy(isNamePart), i == 0 || value.utf8.allSatisfy(isDigit) else {
        return nil
      }
      fields += i == 0 ? " card \"\(value)\"" : " \(keys[i]) \(value)"
    }
    return "pcm.sotto { type plug slave.pcm { type hw\(fields) } }"
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
  private static func isNamePart(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 32)
  }

  /// Opens one way of it, not to wait for anything; nil where the device has no such way.
  func open(playing: Bool) throws(SoundCardError) -> OpaquePointer? {
    let way = playing ? SND_PCM_STREAM_PLAYBACK : SND_PCM_STREAM_CAPTURE
    var pcm: OpaquePointer?
    var result: Int32
    if var text = configuration {
      var tree: OpaquePointer?
      let length = text.utf8.count
      result = text.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) { snd_config_load_string(&tree, $0.baseAddress, length) }
      }
      if result >= 0 { result = snd_pcm_open_lconf(&pcm, "sotto", way, Int32(SND_PCM_NONBLOCK), tree) }
      if let tree { snd_config_delete(tree) }
    } else {
      result = snd_pcm_open(&pcm, name, way, Int32(SND_PCM_NONBLOCK))
    }
    if result >= 0 { return pcm }
    // A number that no card can have is invalid to alsa-lib.
    if calsa_is_missing(result) != 0 || configuration != nil && result == calsa_invalid { return nil }
    if result == calsa_busy { throw .busy(name) }
    if result == calsa_denied { throw .denied(name) }
    throw refusal("open", result)
  }

  func refusal(_ operation: StaticString, _ result: Int32) -> SoundCardError {
    if calsa_is_missing(result) != 0 { return .gone(name) }
    return .refused(name, doing: operation, snd_strerror(result).map { String(cString: $0) } ?? "error \(result)")
  }
}
