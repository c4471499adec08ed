// The telephone, as its help shows it.
extension CommandTable {
  private static let account = OptionDescription(
    "--account", value: "FILE|URI", help: "sip:USER@HOST, or a file with uri: and password:; must be given")
  /// How a call is made, of whoever makes one.
  private static let manner = [
    OptionDescription("--secure", value: "WISH", help: "end to end: required, preferred (usual) or off"),
    OptionDescription("--carrier", value: "CODEC", help: "opus or g711 alone; both where left out"),
    OptionDescription("--packet", value: "MS", help: "milliseconds of a packet, 20 (usual) or 10"),
    OptionDescription(
      "--buffer", value: "MS", help: "voice waits so long at least, up to 200, where the network is uneven"),
    OptionDescription("--post-quantum", value: "WISH", help: "preferred (usual) or required"),
    OptionDescription("--identity", value: "FILE", help: "the key that 'sotto keygen' made; else one for this run"),
    OptionDescription("--passphrase", value: "FILE", help: "what opens it; else SOTTO_PASSPHRASE, or asked for"),
    OptionDescription("--peers", value: "FILE", help: "phones that are remembered, ~/.sotto-peers"),
    OptionDescription("--encryption", value: "WISH", help: "up to the exchange, by TLS alone: as --secure"),
    OptionDescription("--authority", value: "FILE", help: "PEM file by which the exchange's certificate is judged"),
  ]

  public static let phone = CommandDescription(
    "phone",
    options: [
      account,
      OptionDescription(
        "--audio", value: "SOUND",
        help: "alsa:hw:0 (alsa: lists them), file:IN.wav,OUT.wav, file:IN.wav, tone or echo; must be given"),
      OptionDescription("--call", value: "NUMBER", help: "calls once registered, and ends with the call"),
      OptionDescription("--answer", help: "answers every call"),
      OptionDescription("--seconds", value: "N", help: "hangs up so long after the answer"),
      OptionDescription("--ring", value: "COUNTRY", help: "rings by a sound card, as in DE, or on"),
      OptionDescription("--card-lost", value: "WORD", help: "when the sound card is pulled out: wait (usual) or end"),
      OptionDescription("--echo-cancel", value: "WORD", help: "with a sound card: on (usual) or off"),
      OptionDescription("--noise-reduce", value: "WORD", help: "the same"),
      OptionDescription("--json", help: "one JSON object a line for each event"),
    ] + manner,
    summary:
      "Is a telephone: registers, calls and is called, secured from phone to phone where the other one is a Sotto too.",
    details: [
      "A password is never on the command line: it is in the account's file, in SOTTO_PASSWORD, or asked for.",
      "Keys in a terminal, lines from a program: ? or 'help' shows them.",
      "Exit status: 0 when switched off, or when the call was answered; 1 when not, or not registered.",
    ])

  public static let delay = CommandDescription(
    "delay", operands: ["NUMBER"],
    options: [
      account,
      OptionDescription("--count", value: "N", help: "markers, 100 where left out, 1000 at most"),
      OptionDescription("--calls", value: "N", help: "spread over so many calls, 1 where left out"),
      OptionDescription(
        "--returned-by", value: "WHOM", help: "phone: it hears and says again; exchange: it sends packets back, as *43"),
      OptionDescription("--json", value: "FILE", help: "all trials, figures and parts"),
      OptionDescription("--svg", value: "FILE", help: "the graph: delay of each trial"),
    ] + manner,
    summary: "Measures delay from mouth to ear, in calls to a number that returns what it hears.",
    details: [
      "NUMBER is *43, or a phone such as 'sotto phone --answer --audio echo'. A marker is said and looked for in what comes",
      "back; one that is not found is lost, never guessed. Only what a phone returned is halved.",
      "Exit status: 0 when markers came back, 1 when not.",
    ])
}
