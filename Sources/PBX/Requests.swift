import CallDoctor
import Configuration
import Crypto
import SIP
import Wire

/// What comes from outside of a call, and who may ask for it.
extension Exchange {
  static let capabilities = Capabilities(
    methods: knownMethods, extensions: extensions, schemes: [.sip, .tel],
    mediaTypes: [.sdp, MediaType("multipart", "*")])

  static let registrarCapabilities = Capabilities(
    methods: knownMethods, extensions: extensions + registrarExtensions, schemes: [.sip, .tel],
    mediaTypes: capabilities.mediaTypes)

  func receiveRequest(_ request: Request, _ transaction: TransactionID, from flow: Flow) {
    noteAlias(request, from: flow)
    guard Exchange.knownMethods.contains(request.method) else {
      return deny(request, transaction, .unknownMethod(request.method))
    }
    if let tag = (try? request.headers.to)?.tag {
      guard let reference = reference(of: request, ourTag: tag) else {
        return resubscribe(request, tag: tag, from: flow, transaction)
      }
      becomeAcquainted(flow, by: request)
      return receiveInDialog(request, reference, from: flow, transaction)
    }
    // A registrar looks at Require before it asks who is there (RFC 3261 §10.3); OPTIONS asks nobody.
    if request.method == .options || request.method == .register,
      let refusal = Exchange.registrarCapabilities.refusal(request)
    {
      return deny(request, transaction, refusal)
    }
    switch request.method {
    case .options: answerOptions(request, transaction)
    case .register:
      guard let caller = authenticated(request, transaction, from: flow) else { return }
      register(request, caller, transaction, from: flow)
    case .invite:
      guard !isShuttingDown else { return deny(request, transaction, 503, retryAfter: 10) }
      // The same request by another way: a loop, or a fork before us (RFC 3261 §8.2.2.2).
      if let key = CallerKey(request), callers[key] != nil { return deny(request, transaction, 482) }
      if let trunk = trunk(calling: request, from: flow) {
        becomeAcquainted(flow, by: request)
        return receiveTrunkCall(request, by: trunk, from: flow, transaction)
      }
      guard let caller = authenticated(request, transaction, from: flow) else { return }
      if let refusal = Exchange.capabilities.refusal(request) {
        return refuse(transaction, request, refusal)
      }
      do throws(SIPError) {
        if let replaces = try request.headers.replaces {
          return takePlace(request, replaces, by: caller, from: flow, transaction)
        }
      } catch {
        return refuse(transaction, request, error)
      }
      setUp(request, by: Party(caller), to: request.uri.dialledNumber, from: flow, transaction)
    case .refer:
      guard let caller = authenticated(request, transaction, from: flow) else { return }
      referOutside(request, by: caller.number, from: flow, transaction)
    case .subscribe, .message:
      guard let sender = authenticated(request, transaction, from: flow) else { return }
      if let refusal = Exchange.capabilities.extensionRefusal(request) { return refuse(transaction, request, refusal) }
      if request.method == .message { return relayMessage(request, by: sender, transaction) }
      subscribe(request, by: sender, from: flow, transaction)
    case .bye, .info, .update, .prack: deny(request, transaction, 481)
    default: deny(request, transaction, 405)
    }
  }

  /// The extension that the request's credentials prove; nil where it was challenged instead. Nothing is kept of one who
  /// is not known.
  private func authenticated(_ request: Request, _ transaction: TransactionID, from flow: Flow) -> Extension? {
    let credentials = (try? request.headers.authorizations) ?? []
    let configuration = configuration
    let verdict = digest.verify(
      credentials, method: request.method, uri: request.uri, from: flow.remote.ip, now: now
    ) { username in
      configuration.extensions[username].map {
        DigestAccount(password: $0.password, algorithms: $0.digest.map { $0.hash })
      }
    }
    var isStale = false
    var claimed = (try? request.headers.from)?.uri.unescapedUser
    switch verdict {
    case .accepted(let username):
      refusedLogins.succeeded(username, from: flow.remote)
      becomeAcquainted(flow, by: request)
      return configuration.extensions[username]
    case .missing: keepChallenge(claimed, request, from: flow)
    case .stale(let username):
      isStale = true
      claimed = username
    case .wrong(let username):
      claimed = username
      keepRefusedLogin(username, request, from: flow)
      log(
        .notice, "auth", "refused: no such extension, or a wrong password",
        [.init("user", username), .init("source", flow.text), .init("method", request.method.name)])
    }
    challenge(request, transaction, from: flow, claimed, isStale)
    return nil
  }

  /// RFC 3261 §22.1: user agents and registrars, of which a back-to-back user agent is made, challenge by 401.
  private func challenge(
    _ request: Request, _ transaction: TransactionID, from flow: Flow, _ claimed: String?, _ isStale: Bool
  ) {
    let algorithms = claimed.flatMap { configuration.extensions[$0] }?.digest ?? [.md5]
    var response = Response(to: request, status: 401, toTag: random.token(4))
    for challenge in digest.challenges(algorithms.map { $0.hash }, from: flow.remote.ip, stale: isStale, now: now) {
      response.headers.append(.wwwAuthenticate, challenge.description)
    }
    layer.respondStatelessly(response, to: transaction)
  }

  private func register(_ request: Request, _ user: Extension, _ transaction: TransactionID, from flow: Flow) {
    let before = registrar.bindings(of: user.number, now: now).count
    let response = registrar.handle(request, user: user.number, from: flow, now: now, toTag: newTag())
    let after = registrar.bindings(of: user.number, now: now).count
    if !response.isSuccess || before != after {
      log(
        response.isSuccess ? .info : .notice, "registrar", response.isSuccess ? "registered" : response.reason,
        [.init("number", user.number), .init("contacts", String(after)), .init("source", flow.text)])
    }
    if response.headers.contains(.flowTimer) {
      // A little late is not dead.
      emit(.expectKeepAlives(flow, within: .seconds(Int64(registrar.limits.flowTimer) * 3 / 2)))
    }
    reply(transaction, response)
    if response.isSuccess { returned(user.number, by: flow) }
  }

  /// What is served here (RFC 3261 §11.2).
  func answerOptions(_ request: Request, _ transaction: TransactionID) {
    var response = Response(to: request, status: 200, toTag: newTag())
    addCapabilities(&response.headers)
    response.headers[.supported] = (Exchange.extensions + Exchange.registrarExtensions).joined(separator: ", ")
    response.headers.append(.acceptEncoding, "identity")
    response.headers.append(.acceptLanguage, "en")
    respondToAnyone(response, transaction)
  }

  func respondToAnyone(_ response: Response, _ transaction: TransactionID) {
    var response = response
    response.headers.append(.server, Exchange.product)
    layer.respondStatelessly(response, to: transaction)
  }

  /// Bytes that are no message are answered as far as they let themselves be (RFC 3261 §18.3, §21.4.1).
  func refuseDamaged(_ bytes: [UInt8], _ error: SIPError, from flow: Flow) {
    log(.debug, "sip", error.description, [.init("source", flow.text)])
    guard let response = Response(toDamaged: bytes, refusing: error, toTag: newTag()) else { return }
    let flow = (try? response.headers.via).map { flow.replying(to: $0) } ?? flow
    transmit(.response(response), to: flow)
  }

  func registrations(of number: String) -> [Binding] { registrar.targets(of: number, now: now) }
}

extension DigestAlgorithm {
  fileprivate var hash: Hash {
    switch self {
    case .md5: .md5
    case .sha256: .sha256
    }
  }
}
