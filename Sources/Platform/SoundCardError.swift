/// Why a sound card can't be used; `description` says it to a person.
public enum SoundCardError: Error {
  /// No card has that name.
  case missing(String, cards: [SoundCardEntry])
  case busy(String)
  case denied(String)
  /// The card, or its driver, refused; in the words of alsa-lib.
  case refused(String, doing: StaticString, String)
  /// It has no microphone.
  case silent(String)
  /// It was pulled out, or runs no more.
  case gone(String)

  public var description: String {
    switch self {
    case .missing(let name, let cards):
      (name.isEmpty ? "which sound card?" : "there is no sound card \(name).") + " " + SoundCardEntry.sentence(cards)
    case .busy(let name): "\(name) is in use by another program"
    case .denied(let name): "\(name) is there, but not for this user; group 'audio' may use sound cards"
    case .refused(let name, let operation, let words): "\(name): \(operation): \(words)"
    case .silent(let name): "\(name) does not capture. " + SoundCardEntry.sentence(SoundCardEntry.all)
    case .gone(let name): "\(name) is gone: it was pulled out, or runs no more"
    }
  }
}

/// A device of a sound card, as the kernel lists it.
public struct SoundCardEntry: Hashable, Sendable {
  /// As `SoundCard` takes it: `hw:Headset`, `hw:Headset,1`. Names stay, numbers depend on what was plugged in first.
  public let name: String
  /// The same by numbers: `hw:1,0`.
  public let number: String
  public let description: String
  public let captures: Bool
  public let plays: Bool

  /// The devices that there are.
  @export(interface)
  public static var all: [SoundCardEntry] {
    // Without a driver of sound neither file is there.
    let cards = (try? Files.read("/proc/asound/cards")) ?? []
    let devices = (try? Files.read("/proc/asound/pcm")) ?? []
    return list(cards: String(decoding: cards, as: UTF8.self), devices: String(decoding: devices, as: UTF8.self))
  }

  /// Reads ` 1 [Headset        ]: USB-Audio - Jabra` and `01-00: USB Audio : USB Audio : playback 1 : capture 1`.
  static func list(cards: String, devices: String) -> [SoundCardEntry] {
    var names: [Int: (name: String, description: String)] = [:]
    for line in cards.split(separator: "\n") {
      guard let open = line.firstIndex(of: "["), let close = line.firstIndex(of: "]"), open < close,
        let number = Int(trimmed(line[..<open]))
      else { continue }
      let rest = line[close...].drop { $0 == "]" || $0 == ":" || $0 == " " }
      names[number] = (trimmed(line[line.index(after: open)..<close]), trimmed(rest))
    }
    return devices.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: ":").map { trimmed($0) }
      let numbers = (fields.first ?? "").split(separator: "-").compactMap { Int($0) }
      guard numbers.count == 2, let card = names[numbers[0]] else { return nil }
      return SoundCardEntry(
        name: "hw:" + card.name + (numbers[1] == 0 ? "" : ",\(numbers[1])"), number: "hw:\(numbers[0]),\(numbers[1])",
        description: card.description, captures: fields.contains { $0.hasPrefix("capture") },
        plays: fields.contains { $0.hasPrefix("playback") })
    }
  }

  static func sentence(_ cards: [SoundCardEntry]) -> String {
    guard !cards.isEmpty else {
      return "The kernel knows of none: is one plugged in, and is its driver loaded?"
    }
    let lines = cards.map { card in
      let ways = card.captures && card.plays ? "" : card.captures ? ", captures only" : ", plays only"
      return "\n  \(card.name)  (\(card.number)) \(card.description)\(ways)"
    }
    return "There are:" + lines.joined()
  }
}

private func trimmed(_ text: Substring) -> String {
  var text = text.drop { $0 == " " }
  while text.last == " " { text.removeLast() }
  return String(text)
}
