/// The page, whole in one file: no script, nothing fetched.
extension VoiceReport {
  @export(interface)
  public var page: String {
    var text = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Voice, secured — \(escaped(subject.original))</title>
      <style>
      \(Self.style)
      </style>
      </head>
      <body>
      <main>
      <h1>What a listener gets</h1>
      <p class="lead"><b class="voice">Original</b>: \(escaped(subject.original)).<br>
      <b class="noise">Secured</b>: \(escaped(subject.secured)).</p>
      \(verdict)

      """
    let before = waveform(originalSignal, "voice", "the original")
    text += section("The sound", [before, waveform(heardSignal, "noise", "the secured voice")])
    text += section("The spectrum", [spectrum(of: "the original"), spectrum(of: "the secured voice")])
    text += section("The segments", [segments(), loudness()])
    text += section("The distributions", [levels(), octets()])
    return text + table + remarks + "</main>\n</body>\n</html>\n"
  }

  private var verdict: String {
    let odd = findings.filter { !$0.holds }
    guard !odd.isEmpty else {
      return """
        <p class="verdict good">In all \(findings.count) numbers below, the secured voice is what noise is. That alone \
        proves no secrecy: see <a href="#weak">what it does not say</a>.</p>
        """
    }
    let names = odd.map { $0.name }
    return """
      <p class="verdict bad">This is not what noise gives, in \(odd.count) of \(findings.count) numbers: \
      \(names.joined(separator: ", ")).</p>
      """
  }

  private func section(_ title: String, _ figures: [Figure]) -> String {
    var text = "<h2>\(title)</h2>\n<div class=\"figures\">\n"
    for figure in figures { text += "<figure>\(figure.chart.svg)<figcaption>\(figure.caption)</figcaption></figure>\n" }
    return text + "</div>\n"
  }

  private var table: String {
    var text = """
      <h2>The numbers</h2>
      <table>
      <thead><tr><th>number</th><th>original</th><th>secured</th><th>of ideal noise</th><th></th></tr></thead>
      <tbody>

      """
    for finding in findings {
      let before = finding.original.map { fixed($0, finding.places) } ?? "–"
      text += """
        <tr><th scope="row">\(finding.name)<small>\(finding.meaning)</small></th><td>\(before)</td>\
        <td>\(fixed(finding.secured, finding.places))</td><td>\(idealCell(finding))</td>\
        <td class="\(finding.holds ? "good" : "bad")">\(finding.holds ? "as noise" : "not as noise")</td></tr>

        """
    }
    return text + "</tbody>\n</table>\n"
  }

  private func idealCell(_ finding: Finding) -> String {
    let ideal = finding.ideal
    guard ideal.low < ideal.high else { return fixed(ideal.expected, finding.places) }
    return """
      \(fixed(ideal.expected, finding.places))<small>\(fixed(ideal.low, finding.places)) to \
      \(fixed(ideal.high, finding.places))</small>
      """
  }

  private var remarks: String {
    var text = """
      <p>Both are looked at as octets of µ-law at 8000 Hz, as a call without security sends them and as a listener on the \
      path plays what he gets; at most a minute. Ideal noise is octets that are independent and equally frequent. Of it the \
      expected value is given, and the bounds that it leaves once in a million pages for each number.</p>
      <p>\(packetSentence)</p>

      """
    if let withHeaders {
      text += """
        <p>The first \(SecuredPayloads.headerCount) octets of each frame of secure voice are open: the key's identifier and \
        a counter that grows by one with each packet, whatever is said. They are heard as a hum of 50 Hz, and are left out \
        of the numbers above: with them chi-square is \(fixed(withHeaders.chiSquare, 0)) and flatness \
        \(fixed(withHeaders.flatness, 4)).</p>

        """
    }
    for note in subject.notes { text += "<p>\(escaped(note))</p>\n" }
    return text + """
      <h2 id="weak">What this does not say</h2>
      <p>Numbers like these find a voice that was not hidden. They do not show that one is: a flat spectrum, an even \
      distribution and no correlation are had from any cipher, also from one whose key everybody knows, and from a recording \
      that was thrown away. What secrecy rests on is AES-256-GCM under keys that only the two phones have; that somebody \
      without the key can do nothing is shown by tests in which recognisers and measures of speech fail, and by analysis of \
      the cipher, not by a picture.</p>

      """
  }

  private var packetSentence: String {
    let lengths = payloads.lengths.sorted { $0.value > $1.value }
    var parts: [String] = []
    for (length, count) in lengths.prefix(5) { parts.append("\(count) of \(length) octets") }
    if lengths.count > 5 { parts.append("and of \(lengths.count - 5) further lengths") }
    let kinds =
      payloads.isSFrame || payloads.agreements > 0
      ? " \(payloads.frames) are frames of secure voice, \(payloads.agreements) of the key agreement (not counted above), \(payloads.others) neither."
      : " They are no frames of secure voice, so all octets are counted."
    return "Packets of the secured voice: \(parts.joined(separator: ", ")).\(kinds)"
  }
}

/// Text for HTML.
func escaped(_ text: String) -> String {
  var octets: [UInt8] = []
  for octet in text.utf8 {
    switch octet {
    case UInt8(ascii: "&"): octets += Array("&amp;".utf8)
    case UInt8(ascii: "<"): octets += Array("&lt;".utf8)
    case UInt8(ascii: ">"): octets += Array("&gt;".utf8)
    case UInt8(ascii: "\""): octets += Array("&quot;".utf8)
    default: octets.append(octet < 32 ? 32 : octet)
    }
  }
  return String(decoding: octets, as: UTF8.self)
}
