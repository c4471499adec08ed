import Media
import SDP
import SIP
import Wire

/// What a call has beside its audio: video, a fax by T.38. Each stream has a number and a port of ours toward each phone,
/// and is passed on as it is.
struct FurtherMedia: Sendable {
  struct Stream: Sendable {
    /// Never used again in this call.
    let number: UInt16
    let callerPort: UInt16
    let calleePort: UInt16
    /// Whether the media thread has it, and with it the ports.
    var isOpen = false

    func port(_ side: CallSide) -> UInt16 { side == .caller ? callerPort : calleePort }
  }

  private(set) var streams: [Stream] = []
  private var lastNumber: UInt16 = 0

  /// Adds a stream.
  mutating func add(callerPort: UInt16, calleePort: UInt16) -> Stream {
    repeat { lastNumber &+= 1 } while lastNumber == 0 || streams.contains { $0.number == lastNumber }
    let stream = Stream(number: lastNumber, callerPort: callerPort, calleePort: calleePort)
    streams.append(stream)
    return stream
  }

  mutating func remove(_ number: UInt16) { streams.removeAll { $0.number == number } }

  mutating func opened(_ number: UInt16) {
    if let i = streams.firstIndex(where: { $0.number == number }) { streams[i].isOpen = true }
  }

  subscript(number: UInt16) -> Stream? { streams.first { $0.number == number } }

  /// What one phone offered beside the audio, as it is offered on to the one at that side.
  func offered(_ offer: AudioStream, to side: CallSide) -> [FurtherStream] {
    offer.further.compactMap { offered in
      guard let stream = self[offered.number] else { return nil }
      var relayed = offered
      relayed.ownPort = stream.port(side)
      relayed.ice = nil
      return relayed
    }
  }
}

extension Exchange {
  /// An offer of the phone at that side with the streams beside the audio numbered: those that the call has keep their
  /// numbers, new ones get ports. One for which there are none is left out, and so refused.
  func numbered(
    _ offer: Call.Offer, by side: CallSide, _ session: LocalSession, in further: inout FurtherMedia
  ) -> Call.Offer {
    var audio = offer.audio
    audio.further = audio.further.compactMap { offered in
      var stream = session.number(at: offered.index).flatMap { further[$0] }
      if stream == nil, let ports = takePorts(2) {
        stream = further.add(callerPort: ports[0], calleePort: ports[1])
      }
      guard let stream else { return nil }
      var numbered = offered
      numbered.number = stream.number
      numbered.ownPort = stream.port(side)
      return numbered
    }
    return Call.Offer(description: offer.description, audio: audio)
  }

  /// Tells the media thread which streams both phones agreed upon beside the audio, and drops all others that no offer
  /// under way is about.
  func settleFurther(_ call: inout Call, _ talking: Call.Talking) {
    for stream in call.further.streams {
      guard let caller = talking.caller.further(stream.number), let callee = talking.callee?.further(stream.number)
      else {
        if stream.isOpen || talking.reinvite == nil && talking.delayed == nil { drop(stream, of: &call) }
        continue
      }
      call.further.opened(stream.number)
      emit(.media(.setLeg(StreamID(call.number, part: stream.number), .a, caller)))
      emit(.media(.setLeg(StreamID(call.number, part: stream.number), .b, callee)))
    }
  }

  func closeFurther(_ call: inout Call) {
    for stream in call.further.streams { drop(stream, of: &call) }
  }

  private func drop(_ stream: FurtherMedia.Stream, of call: inout Call) {
    call.further.remove(stream.number)
    proved.forget(stream.callerPort)
    proved.forget(stream.calleePort)
    if stream.isOpen {
      emit(.media(.close(StreamID(call.number, part: stream.number))))
    } else {
      takeBack(stream.callerPort)
      takeBack(stream.calleePort)
    }
  }
}

extension Leg {
  /// What was agreed with the phone on the stream of that number; nil where nothing was.
  fileprivate func further(_ number: UInt16) -> Media.Leg? {
    guard let said = said?.further.first(where: { $0.number == number }),
      let heard = heard?.further.first(where: { $0.number == number })
    else { return nil }
    var leg = Media.Leg(
      port: said.ownPort, remote: heard.address, remoteRTCP: heard.rtcpAddress, signalling: dialog.flow.remote.ip,
      accepts: said.payloads, sends: heard.payloads, takesMedia: said.direction.receives && heard.direction.sends,
      givesMedia: said.direction.sends && heard.direction.receives)
    leg.isRTP = heard.isRTP
    leg.ice = session.iceTerms(number, with: heard.ice)
    return leg
  }

  /// The phone is joined with another, and has nothing in common with that one yet but the audio.
  mutating func forgetFurther() {
    said?.further = []
    heard?.further = []
  }
}

extension FurtherStream {
  /// The phones know each other's numbers, so each stands for itself.
  fileprivate var payloads: [Payload] {
    guard isRTP else { return [] }
    return line.formats.compactMap { format in
      decimal(format.utf8, limit: 127).map { Payload(UInt8($0), .other($0)) }
    }
  }
}

extension Negotiation {
  /// What is answered to the further streams of `offer`, when the other phone answered so to what was offered on to it.
  static func relayedFurther(_ offer: AudioStream, _ answer: AudioStream) -> [FurtherStream] {
    offer.further.compactMap { offered in
      guard offered.number != 0, var answered = answer.further.first(where: { $0.number == offered.number }) else {
        return nil
      }
      answered.index = offered.index
      answered.ownPort = offered.ownPort
      answered.ice = nil
      answered.direction = answered.direction.limited(to: offered.direction.mirrored)
      return answered
    }
  }
}

extension FurtherMedia: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    streams = try reader.value()
    lastNumber = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(streams)
    writer.put(lastNumber)
  }
}
