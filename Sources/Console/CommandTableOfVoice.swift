// The subcommands of secure voice.
extension CommandTable {
  public static let keygen = CommandDescription(
    "keygen",
    options: [
      OptionDescription("--voice", value: "FILE", help: "a WAV file of 5 to 10 s of you speaking"),
      OptionDescription("--microphone", value: "DEVICE", help: "or a sound card that hears you for 10 s: hw:0"),
      OptionDescription("--output", value: "FILE", help: "where the sealed key goes; must be given, and not exist"),
      OptionDescription("--passphrase", value: "FILE", help: "a file with the passphrase in its first line"),
      OptionDescription("--svg", value: "FILE", help: "writes the fingerprint's QR code as a picture too"),
    ],
    summary: "Makes the identity key of a secure phone, with your voice in it, sealed by a passphrase.",
    details: [
      "The strength of the key is that of the system's random numbers; the voice can only add to it.",
      "Exit status: 0 when made, 1 when the recording is refused.",
    ])
  public static let voice = CommandDescription(
    "voice", operands: ["secure|open|report", "FILE"],
    options: [
      OptionDescription("--key", value: "FILE", help: "secure, open: 64 hex digits; secure makes one if missing"),
      OptionDescription("--out", value: "FILE", help: "where it goes; of a report a folder, for index.html"),
      OptionDescription("--secured", value: "FILE", help: "report: what 'sotto voice secure' wrote, or any µ-law"),
      OptionDescription("--call", value: "PCAP", help: "report: a capture with the call in it"),
      OptionDescription("--stream", value: "N", help: "report: which stream of the capture; else that of most octets"),
    ],
    summary: "Secures and opens recordings as calls are, and shows what a listener gets of them.",
    details: [
      "secure FILE.wav --key FILE --out FILE  through Opus and AES-256-GCM into a file of µ-law",
      "open FILE --key FILE --out FILE.wav    and back",
      "report FILE.wav [--secured FILE | --call PCAP] --out FOLDER",
      "    a page with pictures and numbers of both, beside what noise gives; secures FILE.wav itself if left out",
    ])
}
