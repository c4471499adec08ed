import Configuration
import SIP
import SimNet
import Testing
import Wire

@testable import PBX

/// RFC 5923, as far as it is the exchange's.
struct ConnectionReuseTests {
  private static let trunk = IPAddress("198.51.100.1")!

  private func scene(_ transport: TrunkSettings.Transport) -> TrunkScene {
    TrunkScene { configuration in
      configuration.trunks[0].transport = transport
      configuration.trunks[0].registers = false
    }
  }

  /// What the exchange asks for by itself, or on OPTIONS by a flow.
  private func outputs(_ scene: TrunkScene, via: String? = nil, from flow: Flow? = nil) -> [Output] {
    let exchange = scene.office.exchange
    if let via, let flow {
      let lines = [
        "OPTIONS sip:pbx.example SIP/2.0",
        "Via: SIP/2.0/\(flow.transport.viaName) \(via);branch=z9hG4bKx\(via.utf8.count)",
        "Max-Forwards: 70",
        "From: <sip:x@provider.example>;tag=1", "To: <sip:pbx.example>", "Call-ID: \(via.utf8.count)@x",
        "CSeq: 1 OPTIONS", "Content-Length: 0", "", "",
      ]
      exchange.receive(Array(lines.joined(separator: "\r\n").utf8), from: flow, now: scene.office.now)
    } else {
      exchange.wake(now: scene.office.now)
    }
    var found: [Output] = []
    while let output = exchange.poll() {
      if case .findLocalAddress(let transport, let remote) = output {
        exchange.localAddress(transport, toward: remote, is: scene.office.box.address, now: scene.office.now)
      }
      found.append(output)
    }
    if let flow {
      let isAnswered = found.contains {
        if case .transmit(let bytes, flow) = $0 { bytes.starts(with: "SIP/2.0 200".utf8) } else { false }
      }
      #expect(isAnswered)
    }
    return found
  }

  private func came(
    _ scene: TrunkScene, by transport: Transport = .tls, from ip: IPAddress = trunk, name: String? = nil
  ) -> Flow {
    Flow(
      transport: transport, local: scene.office.box.address, remote: SocketAddress(ip, port: 41234), connection: 7,
      serverName: name)
  }

  @Test(arguments: [TrunkSettings.Transport.tls, .tcp]) func aConnectionIsOfferedForTheWayBackWhereItsOtherEndIsKnown(
    transport: TrunkSettings.Transport
  ) throws {
    var ping: (bytes: [UInt8], flow: Flow)?
    for output in outputs(scene(transport)) {
      if case .transmit(let bytes, let flow) = output { ping = (bytes, flow) }
    }
    let (bytes, flow) = try #require(ping)
    #expect(flow.serverName == (transport == .tls ? "198.51.100.1" : nil))
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
    let via = try #require(lines.first { $0.hasPrefix("Via") })
    #expect(via.hasSuffix(";alias") == (transport == .tls))
  }

  @Test func aTrunksConnectionIsReusedAtThePortThatItNames() {
    let scene = scene(.tls)
    _ = outputs(scene)
    #expect(scene.office.exchange.callsOverTLS(Self.trunk))
    let flow = came(scene)
    for (via, port) in [("sip.provider.example:5099;alias", UInt16(5099)), ("sip.provider.example;alias", 5061)] {
      let reused = outputs(scene, via: via, from: flow).compactMap { output -> UInt16? in
        if case .reuse(flow, let port) = output { port } else { nil }
      }
      #expect(reused == [port], "\(via)")
    }
  }

  @Test func nobodyElsesIs() {
    let scene = scene(.tls)
    _ = outputs(scene)
    let stranger = IPAddress("203.0.113.9")!
    #expect(!scene.office.exchange.callsOverTLS(stranger))
    for (via, flow) in [
      ("198.51.100.1:5061", came(scene)), ("198.51.100.1:5061;alias", came(scene, by: .tcp)),
      ("198.51.100.1:5061;alias", came(scene, by: .wss)), ("198.51.100.1:5061;alias", came(scene, from: stranger)),
      ("198.51.100.1:5061;alias", came(scene, name: "198.51.100.1")),
    ] {
      let isReused = outputs(scene, via: via, from: flow).contains { if case .reuse = $0 { true } else { false } }
      #expect(!isReused, "\(via) by \(flow.transport.viaName) from \(flow.remote.description)")
    }
    // Nor where the trunk itself is reached otherwise.
    let plain = self.scene(.tcp)
    _ = outputs(plain)
    #expect(!plain.office.exchange.callsOverTLS(Self.trunk))
  }
}
