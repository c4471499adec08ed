import Wire

extension YAMLReader {
  /// `extensions`: a mapping of numbers to what each extension is.
  mutating func extensions(_ node: YAMLNode, allowWeakPasswords: Bool) -> [String: Extension] {
    var extensions: [String: Extension] = [:]
    for pair in entries(node, expected: "a mapping of numbers to extensions, such as \"1001\": {password: …}") {
      let isNumber = (1...15).contains(pair.key.utf8.count) && pair.key.utf8.allSatisfy(isDigit)
      if !isNumber {
        note(
          .value(found: quoted(pair.key), expected: "a number of 1 to 15 digits", nearest: nil), at: pair.keyPosition)
      }
      if let made = one(pair, allowWeakPasswords: allowWeakPasswords), isNumber { extensions[pair.key] = made }
    }
    return extensions
  }

  private mutating func one(_ pair: YAMLPair, allowWeakPasswords: Bool) -> Extension? {
    guard pair.value.pairs != nil else {
      // Text here is likely the password.
      let found = pair.value.text == nil ? nil : "text"
      refuse(pair.value, found: found, expected: "a mapping of name, password, codecs, digest, dtmf or encryption")
      return nil
    }
    let section = section(
      pair.value, of: pair.key, keys: ["name", "password", "codecs", "digest", "dtmf", "encryption"])
    var made = Extension(number: pair.key, password: "")
    if let node = section["name"], let name = text(node, expected: "a name", most: 64) { made.name = name }
    if let node = section["password"] {
      made.password = password(node, allowWeak: allowWeakPasswords) ?? ""
    } else {
      note(.missingKey("password", of: "extension \(quoted(pair.key))"), at: pair.keyPosition)
    }
    if let node = section["codecs"] { made.codecs = choices(node, of: "codecs") ?? made.codecs }
    if let node = section["dtmf"] { made.dtmf = choice(node) ?? made.dtmf }
    if let node = section["encryption"] { made.encryption = choice(node) ?? made.encryption }
    if let node = section["digest"] { made.digest = choices(node, of: "digest algorithms") ?? made.digest }
    return made
  }

  /// A fault never repeats the password.
  private mutating func password(_ node: YAMLNode, allowWeak: Bool) -> String? {
    guard let text = node.text else {
      refuse(node, expected: "a password")
      return nil
    }
    guard let password = self.text(node, expected: "a password", most: 128) else { return nil }
    let count = text.unicodeScalars.count
    guard count >= (allowWeak ? 1 : Extension.leastPassword) else {
      refuse(
        node, found: "a password of \(count) \(count == 1 ? "character" : "characters")",
        expected: allowWeak
          ? "at least 1" : "at least \(Extension.leastPassword), or 'allow_weak_passwords: true' at the top of the file"
      )
      return nil
    }
    return password
  }
}
