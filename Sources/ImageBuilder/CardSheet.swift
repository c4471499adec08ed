import Configuration
import Crypto

/// The configuration of a card that was made without one: ten extensions with passwords of their own, and the sheet of
/// paper that goes with the card.
public struct CardSheet: Sendable {
  public let extensions: [(number: String, password: String)]

  /// Mints 101 to 110.
  public init() throws(ImageError) {
    var extensions: [(String, String)] = []
    for number in 101...110 { extensions.append(("\(number)", try Self.password())) }
    self.extensions = extensions
  }

  /// 16 characters of 32 (80 bits), none that is taken for another: no i, l, o, u.
  private static func password() throws(ImageError) -> String {
    let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    do throws(CryptoError) {
      let characters = try randomBytes(16).map { alphabet[Int($0 & 31)] }
      let groups = stride(from: 0, to: 16, by: 4).map { String(decoding: characters[$0..<($0 + 4)], as: UTF8.self) }
      return groups.joined(separator: "-")
    } catch {
      throw .damaged("the random number generator", problem: error.description)
    }
  }

  public var configuration: String {
    let lines = extensions.map { "  \"\($0.number)\": {password: \($0.password)}" }
    return """
      # The telephone exchange of this card. Edit it on any computer; the box reads it when it starts.
      domain: sotto.lan
      extensions:
      \(lines.joined(separator: "\n"))

      """
  }

  /// What is printed or shown to whoever sets up the telephones.
  public func text(board: Board) -> String {
    let lines = extensions.map { "    \($0.number)        \($0.password)" }
    return """
      Sotto on \(board.name)

      1. Put the card into the box, connect the network cable, switch it on. It is ready after about a minute.
      2. Find its address in the router's list of devices (it calls itself sotto), or on the serial console:
         \(board.console.header);
         transmit \(board.console.transmit), receive \(board.console.receive), ground \(board.console.ground); \
      \(board.console.baud) baud.
      3. In each telephone set: server or registrar = that address; user name and password from this list:

         number     password
      \(lines.joined(separator: "\n"))

      4. Dial another number of the list, or *43 to hear yourself.

      The passwords are in sotto.yaml on the card, which any computer can edit. Keep this sheet where you keep keys.

      """
  }
}
