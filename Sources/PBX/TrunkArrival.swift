import CallDoctor
import Configuration
import Numbering
import SIP
import Wire

/// Who a call is set up for.
struct Party: Sendable {
  var number: String
  var name: String
  var codecs: [VoiceCodec]
  /// The trunk that it comes by; nil for an extension.
  var trunk: String?

  init(number: String, name: String, codecs: [VoiceCodec], trunk: String?) {
    self.number = number
    self.name = name
    self.codecs = codecs
    self.trunk = trunk
  }

  init(_ of: Extension) { self.init(number: of.number, name: of.name, codecs: of.codecs, trunk: nil) }
}

/// Calls from outside. What they may do hangs on where they come from and never on whom they say they are: they reach the
/// extensions that the trunk's numbers lead to, and nothing else.
extension Exchange {
  /// The trunk that an INVITE comes from: by the line that only its registrar was told, else by its address. Whoever shows
  /// credentials, or calls from where a phone is registered, is a phone.
  func trunk(calling request: Request, from flow: Flow) -> String? {
    guard !outside.trunks.isEmpty, !request.headers.contains(.authorization) else { return nil }
    if let line = request.uri.parameters["line"],
      let named = outside.trunks.first(where: { $0.value.line == line })
    {
      return named.key
    }
    let sources = configuration.trunks.map { $0.name }.filter {
      outside.trunks[$0]?.accepts(flow.remote.ip) == true
    }
    guard !sources.isEmpty, !registrar.hasContact(at: flow, now: now) else { return nil }
    // Accounts of one provider share its address: the number says which.
    let called = calledNumbers(request)
    return sources.first { name in called.contains { $0 == outside.trunks[name]?.settings.user } }
      ?? sources.first { name in
        configuration.trunk(name).map { target(of: called, $0) != nil } ?? false
      } ?? sources.first
  }

  func receiveTrunkCall(_ request: Request, by name: String, from flow: Flow, _ transaction: TransactionID) {
    guard let trunk = outside.trunks[name] else { return deny(request, transaction, 403) }
    if let refusal = Exchange.capabilities.refusal(request) { return refuse(transaction, request, refusal) }
    let called = calledNumbers(request)
    guard let target = target(of: called, trunk.settings) ?? trunk.settings.otherwise else {
      log(
        .notice, "trunk", "a call to a number that leads nowhere",
        [.init("trunk", name), .init("number", called.first ?? ""), .init("source", flow.text)])
      keep(.noSuchNumber, of: request, by: caller(of: request, trunk.settings), to: called.first, from: flow)
      return refuse(transaction, request, 404)
    }
    guard outside.calls(of: name) < trunk.settings.channels else {
      log(.notice, "trunk", "all channels are taken", [.init("trunk", name)])
      return refuse(transaction, request, 486)
    }
    setUp(request, by: caller(of: request, trunk.settings), to: target, from: flow, transaction)
  }

  /// The numbers that a call may be for, the likeliest first: the account's own user says nothing where all calls of a
  /// registration come to it, then To does.
  private func calledNumbers(_ request: Request) -> [String] {
    var numbers: [String] = []
    let to = (try? request.headers.to)?.uri.dialledNumber
    for number in [request.uri.dialledNumber, to] {
      if let number, !number.isEmpty, !numbers.contains(number) { numbers.append(number) }
    }
    return numbers
  }

  /// Where one of the numbers leads, in whatever way it is written.
  private func target(of numbers: [String], _ settings: TrunkSettings) -> String? {
    for number in numbers {
      var forms = [number]
      if let country = configuration.country {
        let read = DialledNumber(number, in: country, area: configuration.area)
        forms += [DialledNumber.Format.e164, .plain, .national, .international].map { read.text($0) }
        // A provider that leaves the + out of an international number.
        let whole = DialledNumber("+" + number, in: country)
        if whole.numberClass == .national { forms += [DialledNumber.Format.e164, .national].map { whole.text($0) } }
      }
      for rule in settings.numbers where forms.contains(where: { rule.pattern.matches($0) }) { return rule.value }
    }
    return nil
  }

  /// What a call from outside says of its caller. A number of the house is not believed: nobody of the house calls from
  /// there, and the phone's display would lie.
  private func caller(of request: Request, _ settings: TrunkSettings) -> Party {
    var address = try? request.headers.from
    if let identity = request.headers[.pAssertedIdentity].flatMap({ try? NameAddress($0) }) { address = identity }
    var number = strippedOfSeparators(address?.uri.dialledNumber ?? "")
    var name = address?.displayName ?? ""
    let isPlain = (1...32).contains(number.utf8.count) && number.utf8.allSatisfy { isDigit($0) || $0 == 43 }
    if configuration.extensions[number] != nil {
      log(
        .notice, "trunk", "a caller outside gives a number of the house as its own",
        [.init("trunk", settings.name), .init("number", number)])
    }
    if !isPlain || configuration.extensions[number] != nil {
      number = "anonymous"
      name = ""
    }
    if name.utf8.count > 64 { name = "" }
    return Party(
      number: number, name: name.isEmpty ? number : name, codecs: settings.codecs, trunk: settings.name)
  }
}
