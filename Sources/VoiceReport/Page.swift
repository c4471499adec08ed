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
    text += section(
      "The sound", [waveform(originalSignal, "voice", "the original"), waveform(heardSignal, "noise", "the secured voice")])
    text += section("The spectrum", [spectrum(of: "the original"), spectrum(of: "the secured voice")])
    text += section("The segments, and how levels are distributed", [segments(), levels(), octets()])
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

  private static let style = """
    :root { color-scheme: light dark; --paper: #fdfdfb; --ink: #1c1e21; --soft: #6a6f76; --line: #d9dbdd; --voice: #1d5fb4;
      --noise: #c4421a; --good: #1c7a43; --bad: #b3261e; }
    @media (prefers-color-scheme: dark) { :root { --paper: #16181b; --ink: #e4e6e8; --soft: #9aa0a6; --line: #34383d;
      --voice: #74aaf2; --noise: #f28a5c; --good: #6cc98f; --bad: #f2877f; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
    main { max-width: 62rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
    h1 { font-weight: 600; margin: 0 0 .5rem; } h2 { font-weight: 600; margin: 2.2rem 0 .6rem; font-size: 1.2rem; }
    p { max-width: 46rem; } .lead { overflow-wrap: anywhere; }
    .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 1.2rem; }
    figure { margin: 0; } svg { width: 100%; height: auto; display: block; }
    figcaption { color: var(--soft); font-size: .85rem; padding-left: 11%; }
    .grid { stroke: var(--line); stroke-width: 1; } .label { fill: var(--soft); font-size: 11px; }
    .line { fill: none; stroke-width: 1.5; stroke-linejoin: round; }
    .voice.line { stroke: var(--voice); } .noise.line { stroke: var(--noise); } .faint.line { stroke: var(--soft); stroke-width: .6; }
    .ideal.line { stroke: var(--ink); stroke-dasharray: 4 3; stroke-width: 1; }
    .voice.area, .voice.mark { fill: var(--voice); fill-opacity: .75; } .noise.area, .noise.mark { fill: var(--noise); fill-opacity: .75; }
    b.voice { color: var(--voice); } b.noise { color: var(--noise); }
    table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
    th, td { text-align: right; vertical-align: top; padding: .45rem .6rem; border-bottom: 1px solid var(--line); }
    tr > :first-child { text-align: left; padding-left: 0; } thead th, small { color: var(--soft); font-weight: 400; }
    th[scope] { font-weight: 600; } small { display: block; font-size: .8rem; max-width: 32rem; }
    .good { color: var(--good); } .bad { color: var(--bad); }
    .verdict { border-left: 4px solid; padding: .2rem 0 .2rem .9rem; font-weight: 600; } a { color: inherit; }
    """
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
