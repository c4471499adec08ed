import SIP
import Wire

/// Why an account can't be read.
public enum AccountError: Error, Equatable, Sendable {
  case noURI(found: String)
  case noSetting(line: Int, found: String)
  case unknown(line: Int, name: String)
  case badValue(line: Int, name: String, expected: String)
  case twice(line: Int, name: String)
  case uriMissing

  public var description: String {
    switch self {
    case .noURI(let found):
      "\(quoted(found)) is no account: expected sip:USER@HOST, such as sip:1001@192.0.2.1;transport=tls"
    case .noSetting(let line, let found): "line \(line): found \(quoted(found)), expected NAME: VALUE"
    case .unknown(let line, let name):
      "line \(line): \(quoted(name)) is no setting; there are uri, server, user, password, name, encryption, authority and expires"
    case .badValue(let line, let name, let expected): "line \(line): \(name) must be \(expected)"
    case .twice(let line, let name): "line \(line): \(name) stands twice"
    case .uriMissing: "the line uri: sip:USER@HOST is missing"
    }
  }

  private func quoted(_ text: String) -> String { "“" + text + "”" }
}

extension Account {
  /// An account on the command line, which has no password.
  @export(interface)
  public init(uri text: String) throws(AccountError) {
    guard let uri = try? URI(text), let account = Account(uri) else { throw .noURI(found: text) }
    self = account
  }

  /// The text of an account file: a line for each setting, `name: value`; lines that begin with `#` are remarks.
  @export(interface)
  public init(file text: [UInt8]) throws(AccountError) {
    var settings: [String: (line: Int, value: String)] = [:]
    var number = 0
    for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      let line = trimmed(line)
      guard let first = line.first, first != UInt8(ascii: "#") else { continue }
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
        throw .noSetting(line: number, found: String(decoding: line, as: UTF8.self))
      }
      let name = lowercasedASCII(String(decoding: trimmed(line[..<colon]), as: UTF8.self))
      guard Self.settings.contains(name) else { throw .unknown(line: number, name: name) }
      guard settings[name] == nil else { throw .twice(line: number, name: name) }
      settings[name] = (number, String(decoding: trimmed(line[(colon + 1)...]), as: UTF8.self))
    }
    guard let uri = settings["uri"] else { throw .uriMissing }
    guard let parsed = try? URI(uri.value), var account = Account(parsed) else {
      throw .badValue(line: uri.line, name: "uri", expected: "sip:USER@HOST")
    }
    if let (line, value) = settings["server"] {
      guard let proxy = try? URI(value), ServerTarget(proxy) != nil else {
        throw .badValue(line: line, name: "server", expected: "sip:HOST, such as sip:192.0.2.1;transport=tls")
      }
      account.proxy = proxy
    }
    account.password = settings["password"]?.value ?? ""
    account.user = settings["user"]?.value ?? account.user
    account.displayName = settings["name"]?.value
    account.authority = settings["authority"]?.value
    if let (line, value) = settings["encryption"] {
      guard let encryption = Encryption(rawValue: value) else {
        throw .badValue(line: line, name: "encryption", expected: "required, preferred or off")
      }
      account.encryption = encryption
    }
    if let (line, value) = settings["expires"] {
      guard let seconds = decimal(value.utf8, limit: 86400), seconds >= 60 else {
        throw .badValue(line: line, name: "expires", expected: "a number of seconds from 60 to 86400")
      }
      account.expires = seconds
    }
    self = account
  }

  private static let settings = ["uri", "server", "user", "password", "name", "encryption", "authority", "expires"]
}

/// Without the blanks around it, and without quotes if they are around all of it.
private func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
  var text = text
  while let first = text.first, isBlank(first) || first == 13 { text.removeFirst() }
  while let last = text.last, isBlank(last) || last == 13 { text.removeLast() }
  let quote = UInt8(ascii: "\"")
  return text.count >= 2 && text.first == quote && text.last == quote ? text.dropFirst().dropLast() : text
}
