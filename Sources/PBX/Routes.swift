import Configuration
import Numbering
import SIP
import Wire

/// Where a call to the outside goes.
struct OutwardPlan: Sendable {
  let number: DialledNumber
  /// In the order in which they are tried.
  let trunks: [String]

  var isEmergency: Bool { number.numberClass == .emergency }
}

/// Why a call to the outside is not made.
enum OutwardRefusal: Error, Equatable, Sendable {
  /// No extension, and no route.
  case unknown
  case closed(NumberClass, String)
  case spent(TollSubject, minutes: Bool)
  case noTrunk
  /// A call between two trunks.
  case joined

  var refused: Refused {
    switch self {
    case .unknown: Refused(404)
    case .closed, .spent, .joined: Refused(403, warning: (399, description))
    case .noTrunk: Refused(503, warning: (399, description))
    }
  }

  var description: String {
    switch self {
    case .unknown: "no extension and no route has this number"
    case .closed(let numberClass, let number):
      "\(numberClass.rawValue) numbers are closed: toll.open may list '\(numberClass.rawValue)' or a part of \(number)"
    case .spent(let subject, let minutes):
      "the day's \(minutes ? "minutes" : "calls") of \(subject.text) are used up; see 'toll' and 'daily'"
    case .joined: "a call from outside is not handed on to the outside; see 'allow_transfer'"
    case .noTrunk: "the route's trunks are not there"
    }
  }
}

extension Exchange {
  /// Whether a dialled number means help; only where a trunk leads to it. Nothing else that is configured counts before.
  func emergencyPlan(_ dialled: String, from caller: String) -> OutwardPlan? {
    guard let country = configuration.country, !configuration.trunks.isEmpty else { return nil }
    let number = strippedOfSeparators(dialled)
    var candidates = [number]
    // Whoever is used to dial 0 for a line does so in distress too.
    for route in configuration.routes where route.strip > 0 && route.takes(number, from: caller) {
      candidates.append(String(number.dropFirst(route.strip)))
    }
    guard let found = candidates.first(where: { configuration.isEmergency($0) }) else { return nil }
    let first = configuration.emergency.trunks
    let rest = configuration.trunks.map { $0.name }.filter { !first.contains($0) }
    return OutwardPlan(
      number: DialledNumber(found, in: country, emergency: configuration.emergency.numbers),
      trunks: usableFirst(first + rest))
  }

  /// How a number that is no extension goes out, if `caller` may call it.
  func outwardPlan(_ dialled: String, from caller: String) throws(OutwardRefusal) -> OutwardPlan {
    let dialled = strippedOfSeparators(dialled)
    guard let country = configuration.country,
      let route = configuration.routes.first(where: { $0.takes(dialled, from: caller) })
    else { throw .unknown }
    let number = DialledNumber(route.rewritten(dialled), in: country, area: configuration.area)
    guard configuration.toll.isOpen(number) else { throw .closed(number.numberClass, number.e164 ?? number.dialled) }
    if let minutes = outside.toll.spent(.extension(caller), configuration.toll.extensionCap, now) {
      throw .spent(.extension(caller), minutes: minutes)
    }
    let trunks = route.trunks.filter { outside.trunks[$0] != nil }
    guard !trunks.isEmpty else { throw .noTrunk }
    var left: [String] = []
    var spent: OutwardRefusal?
    for name in trunks {
      if let minutes = outside.toll.spent(.trunk(name), configuration.cap(ofTrunk: name), now) {
        spent = .spent(.trunk(name), minutes: minutes)
      } else {
        left.append(name)
      }
    }
    if left.isEmpty, let spent { throw spent }
    return OutwardPlan(number: number, trunks: usableFirst(left))
  }

  /// How a number outside is called for a transfer, at the expense of the one who asks for it.
  func transferPlan(
    _ number: String, by transferor: Leg?, joining stays: Leg, _ transfer: Transfer
  ) throws(OutwardRefusal) -> OutwardPlan {
    guard let transferor, transferor.trunk == nil, !transfer.isReturn else { throw .unknown }
    if let help = emergencyPlan(number, from: transferor.number) { return help }
    let plan = try outwardPlan(number, from: transferor.number)
    let trunks = plan.trunks.filter { mayJoin(trunk: stays.trunk?.name, $0) }
    guard !trunks.isEmpty else { throw .joined }
    return OutwardPlan(number: plan.number, trunks: trunks)
  }

  /// Whether the legs of two trunks may be joined, for a transfer: else the house would pay for a call between strangers
  /// that nobody of the house is in. A leg that is no trunk's (nil) may be joined with any.
  func mayJoin(trunk one: String?, _ other: String?) -> Bool {
    guard let one, let other else { return true }
    let both = [one, other].compactMap { configuration.trunk($0) }
    return both.count == 2 && both.allSatisfy { $0.allowsTransfer }
  }

  /// Trunks that are known not to work come last: they may have come back.
  private func usableFirst(_ names: [String]) -> [String] {
    names.filter { outside.trunks[$0]?.isUsable == true } + names.filter { outside.trunks[$0]?.isUsable != true }
  }
}

extension Configuration {
  func cap(ofTrunk name: String) -> DailyCap { trunk(name)?.daily ?? toll.trunkCap }
}
