import Codecs
import Crypto
import Platform
import SecureVoice
import VoiceReport
import Wire

/// `sotto voice report`: a page that shows a recording beside the same voice secured.
struct VoiceReportCommand {
  /// Where the secured voice comes from.
  enum Source {
    /// The original is secured here and now, under a key that is forgotten.
    case itself
    /// A file of `sotto voice secure`, or any of µ-law.
    case file(String)
    /// A stream of a capture; without a number the one with the most octets.
    case call(String, stream: Int?)
  }

  private let original: String
  private let source: Source
  private let folder: String

  static func run(_ original: String, _ arguments: Arguments, _ folder: String) -> Int32 {
    let source: Source
    switch (arguments["--secured"], arguments["--call"]) {
    case (nil, nil): source = .itself
    case (let file?, nil): source = .file(file)
    case (nil, let capture?):
      let number = arguments["--stream"].map { Int($0) ?? 0 }
      guard number ?? 1 > 0 else { return Commands.misused("--stream takes a number above 0") }
      source = .call(capture, stream: number)
    case (_?, _?): return Commands.misused("a report takes --secured or --call, not both")
    }
    if arguments["--stream"] != nil, arguments["--call"] == nil {
      return Commands.misused("--stream is one of a capture: give --call PCAP")
    }
    let command = VoiceReportCommand(original: original, source: source, folder: folder)
    return CommandFailure.status { () throws(CommandFailure) in try command.run() }
  }

  private func run() throws(CommandFailure) {
    let recording = try VoiceCommand.recording(original)
    let plain = try muLaw(recording)
    let lengths = try variableLengths(recording)
    let (payloads, subject) = try secured(recording)
    let report = try step("voice") { () throws(ReportFault) in
      try VoiceReport(original: plain, variableLengths: lengths, secured: payloads, about: subject)
    }
    try step("voice") { () throws(PlatformError) in try Files.makeFolder(folder) }
    let path = "\(folder)/index.html"
    try VoiceCommand.write(Array(report.page.utf8), path, mode: 0o644)
    var text = ""
    for finding in report.findings { text += finding.line + "\n" }
    for note in subject.notes { text += note + "\n" }
    Process.writeOutput(text + (report.isNoise ? "as of noise in all numbers" : "NOT as of noise") + "; \(path)\n")
  }

  private func secured(_ recording: WaveFile) throws(CommandFailure) -> (SecuredPayloads, VoiceReport.Subject) {
    switch source {
    case .itself:
      var secret = try VoiceCommand.random(SealedRecording.keyCount)
      defer { wipe(&secret) }
      let sealed = try VoiceCommand.seal(recording, secret)
      return (packets(sealed.payloads), subject("the same, under a key that was drawn for this page and forgotten"))
    case .file(let path): return (packets(try VoiceCommand.muLaw(path).octets), subject(path))
    case .call(let path, let number):
      let bytes = try VoiceCommand.read(path, limit: 64 << 20)
      return try step(path) { () throws(CaptureFault) in
        let streams = try CapturedStreams(try CaptureFile(bytes))
        let payloads = try streams.payloads(of: number ?? 1)
        let name = "stream \(number ?? 1) of \(streams.all.count) in \(path)"
        return (SecuredPayloads(payloads), subject(name, Self.notes(streams.all, taken: number ?? 1)))
      }
    }
  }

  /// What a file holds has no packets any more: it is cut into those of the tunnel.
  private func packets(_ octets: [UInt8]) -> SecuredPayloads {
    SecuredPayloads(stride(from: 0, to: octets.count, by: 160).map { octets[$0..<min($0 + 160, octets.count)] })
  }

  private func subject(_ secured: String, _ notes: [String] = []) -> VoiceReport.Subject {
    VoiceReport.Subject(original: original, secured: secured, notes: notes)
  }

  private static func notes(_ streams: [CapturedStream], taken: Int) -> [String] {
    var notes: [String] = []
    for (place, stream) in streams.enumerated().prefix(8) {
      notes.append(
        "Stream \(place + 1)\(place + 1 == taken ? ", taken" : ""): from \(stream.source.description) to "
          + "\(stream.target.description), payload type \(stream.payloadType), \(stream.packets) packets, "
          + "\(stream.markers) of them marked.")
    }
    if streams.count > 8 { notes.append("And \(streams.count - 8) more.") }
    return notes
  }

  /// As a call without security would send it.
  private func muLaw(_ recording: WaveFile) throws(CommandFailure) -> [UInt8] {
    try step("voice") { () throws(CodecError) in
      var resampler = try Resampler(from: recording.rate, to: MuLawFile.rate)
      let most = recording.samples.count / (recording.rate / MuLawFile.rate) + 1
      var samples = [Int16](repeating: 0, count: most)
      let count = recording.samples.withUnsafeBufferPointer { from in
        samples.withUnsafeMutableBufferPointer { resampler.process(from, into: $0) }
      }
      return samples[..<count].map { MuLaw.encode($0) }
    }
  }

  /// What each 20 ms of it would take of Opus at the bit rate of calls, were that a mean and no constant.
  private func variableLengths(_ recording: WaveFile) throws(CommandFailure) -> [Int] {
    var settings = OpusSettings(bitrate: Carrier.tunnel(law: .mu, packet: .milliseconds20).opusBitrate)
    settings.isVariable = true
    return try step("voice") { () throws(CodecError) in
      var encoder = try OpusEncoder(rate: Int32(recording.rate), settings)
      var room = [UInt8](repeating: 0, count: 1276)
      let frame = recording.rate / 50
      return recording.samples.withUnsafeBufferPointer { samples in
        stride(from: 0, to: samples.count - frame + 1, by: frame).map { start in
          room.withUnsafeMutableBufferPointer { room in
            encoder.encode(UnsafeBufferPointer(rebasing: samples[start..<start + frame]), into: room)
          }
        }
      }
    }
  }
}
