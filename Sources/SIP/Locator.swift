import Crypto
import DNS
import Wire

/// Names one search for servers.
public struct SearchID: Hashable, Sendable {
  let number: UInt32
}

/// Finds the servers of targets, without I/O: `find` begins, `poll` gives the questions for DNS, `answered` takes their
/// answers and says which searches have ended. What is still good is not asked again.
public struct Locator: Sendable {
  public typealias Outcome = Result<[ServerHop], ServerSearchFailure>

  public enum Start: Sendable {
    case done(Outcome)
    case searching(SearchID)
  }

  /// More at once would mean that someone makes us look up names of his.
  static let mostSearches = 64

  /// What can be sent by and to; the preferred first.
  public var transports: [Transport] = [.udp, .tcp, .tls]
  public var hasIPv4 = true
  public var hasIPv6 = true
  private var cache = NameCache()
  private var searches: [SearchID: ServerSearch] = [:]
  private var outstanding: Set<NameQuestion> = []
  private var questions: [NameQuestion] = []
  private var lastNumber: UInt32 = 0

  public init() {}

  /// Searches under way.
  public var count: Int { searches.count }

  @export(interface)
  public mutating func find(_ target: ServerTarget, _ random: inout RandomSource, now: Instant) -> Start {
    var search = ServerSearch(target, transports: transports, hasIPv4: hasIPv4, hasIPv6: hasIPv6)
    if let outcome = advance(&search, &random, now) { return .done(outcome) }
    guard searches.count < Locator.mostSearches else { return .done(.failure(.tooManySearches)) }
    lastNumber &+= 1
    let id = SearchID(number: lastNumber)
    searches[id] = search
    return .searching(id)
  }

  /// Nobody waits for that search any more.
  public mutating func abandon(_ id: SearchID) { searches[id] = nil }

  /// The next question for DNS; each is to be answered once.
  @export(interface)
  public mutating func poll() -> NameQuestion? { questions.popLast() }

  /// Takes an answer; returns the searches that it ended.
  @export(interface)
  public mutating func answered(
    _ question: NameQuestion, _ answer: NameAnswer, _ random: inout RandomSource, now: Instant
  ) -> [(id: SearchID, outcome: Outcome)] {
    guard outstanding.remove(question) != nil else { return [] }
    cache.store(answer, to: question, now: now)
    var ended: [(id: SearchID, outcome: Outcome)] = []
    for id in searches.keys.sorted(by: { $0.number < $1.number }) {
      guard var search = searches[id], case .ask(let wanted) = search.step(&random), wanted.contains(question) else {
        continue
      }
      search.answer(question, answer)
      let outcome = advance(&search, &random, now)
      searches[id] = outcome == nil ? search : nil
      if let outcome { ended.append((id, outcome)) }
    }
    return ended
  }

  /// Everything is to be asked anew: the name servers are others.
  public mutating func forget() { cache.removeAll() }

  /// Feeds a search from the cache; nil where a question is left, which then is under way.
  private mutating func advance(_ search: inout ServerSearch, _ random: inout RandomSource, _ now: Instant) -> Outcome?
  {
    while true {
      switch search.step(&random) {
      case .found(let hops): return .success(hops)
      case .failed(let failure): return .failure(failure)
      case .ask(let wanted):
        var isFed = false
        for question in wanted {
          if let known = cache.answer(to: question, now: now) {
            search.answer(question, known)
            isFed = true
          }
        }
        if isFed { continue }
        for question in wanted where outstanding.insert(question).inserted { questions.append(question) }
        return nil
      }
    }
  }
}
