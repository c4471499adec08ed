/// The subcommands that `sotto` knows.
public enum CommandTable {
  private static let control = OptionDescription(
    "--control", value: "PATH", help: "the control socket (SOTTO_CONTROL, else /run/sotto/control)")

  private static let serveOptions = [
    OptionDescription("--config", value: "FILE", help: "the configuration; must be given"), control,
    OptionDescription(
      "--state", value: "FOLDER",
      help: "where the exchange keeps its own certificate (SOTTO_STATE, else /var/lib/sotto)"),
    OptionDescription("--log-level", value: "LEVEL", help: "error, warning, notice, info or debug"),
    OptionDescription("--relay", value: "PATH", help: "the socket of the relay helper (/run/sotto-relay)"),
  ]

  public static let serve = CommandDescription(
    "serve", options: serveOptions, summary: "Runs the exchange until SIGTERM; SIGHUP reads the configuration again.",
    details: ["A faulty file is refused at the start, and on SIGHUP leaves the old configuration running."])
  public static let supervise = CommandDescription(
    "supervise", options: serveOptions,
    summary: "Runs the exchange, and when it dies starts it again with its calls.",
    details: [
      "Beside it run the phones of the box's own sound cards, those of local_audio in the configuration.",
      "What goes on is kept beside the control socket, in the file checkpoint: put it on a tmpfs.",
      "SIGUSR1 kills an exchange that does not answer; SIGHUP and SIGTERM are passed on.",
    ])
  public static let relayHelper = CommandDescription(
    "relay-helper",
    options: [
      OptionDescription("--relay", value: "PATH", help: "the socket that serve is awaited at (/run/sotto-relay)"),
      OptionDescription("--user", value: "NUMBER", help: "the user that serve runs as, if not root"),
    ],
    summary: "Has the kernel relay media for serve; the only part that needs CAP_NET_ADMIN.",
    details: ["Start it before serve. It adds nftables of its own, named 'sotto', and removes them when it ends."])
  public static let checkConfig = CommandDescription(
    "check-config", operands: ["FILE"],
    options: [
      OptionDescription("--print", value: "SECTION", help: "network or time: its settings as a shell reads them")
    ],
    summary: "Names every fault of a configuration by file:line:column.",
    details: ["Exit status: 0 without faults, 1 with faults."])
  public static let status = CommandDescription(
    "status", options: [control, OptionDescription("--json", help: "prints one line of JSON")],
    summary: "Shows what the running exchange does: addresses, phones, calls.")
  public static let calls = CommandDescription(
    "calls",
    options: [
      control, OptionDescription("--last", value: "N", help: "how many of those that ended, 20 by default"),
      OptionDescription("--json", help: "prints one line of JSON"),
    ],
    summary: "Shows the calls that live and the last that ended, with the cause where one failed.",
    details: ["Times are UTC, as in the log."])
  public static let call = CommandDescription(
    "call", operands: ["show", "ID"], options: [control, OptionDescription("--json", help: "prints one line of JSON")],
    summary: "Says why a call failed, what that rests on, and which messages went to and fro.")
  public static let trace = CommandDescription(
    "trace",
    options: [
      control, OptionDescription("--output", value: "FILE", help: "the pcap file to write; - is standard output"),
      OptionDescription("--seconds", value: "N", help: "ends by itself; else by Ctrl-C"),
      OptionDescription("--number", value: "N", help: "only messages from or to that number, and what belongs to them"),
      OptionDescription("--call", value: "ID", help: "only messages of that call of 'sotto calls'"),
      OptionDescription("--with-credentials", help: "leaves digests and media keys readable"),
    ],
    summary: "Writes signalling from now on to a file for Wireshark, decrypted as the exchange sees it.",
    details: ["Digests and media keys are masked, so that the file can be shown to others."])
  public static let trunks = CommandDescription(
    "trunks", options: [control],
    summary: "Shows the running exchange's lines to the outside: state, last error, calls.")
  public static let trunk = CommandDescription(
    "trunk", operands: ["test", "NAME", "[NUMBER]"], options: [control],
    summary: "Tries a trunk, by a call where a number is given, and says in words what is wrong.",
    details: ["The call is ended as soon as it is answered. Exit status: 0 when it works, 1 when not."])
  public static let console = CommandDescription(
    "console", options: [control], summary: "The menu for a serial line: phones, calls, log, network, reboot.")
  public static let log = CommandDescription(
    "log", options: [control, OptionDescription("--lines", value: "N", help: "how many lines, 50 by default")],
    summary: "Shows the last lines of the running exchange's log.")
  public static let logLevel = CommandDescription(
    "log-level", operands: ["LEVEL"], options: [control],
    summary: "Sets the log level of the running exchange: error, warning, notice, info or debug.")
  public static let reload = CommandDescription(
    "reload", options: [control], summary: "Has the running exchange read its configuration again; no call is touched.")
  public static let selftest = CommandDescription(
    "selftest",
    options: [
      OptionDescription("--vectors", value: "FOLDER", help: "checks the published test vectors in files there instead"),
      OptionDescription(
        "--frames", value: "N", help: "instead seals and opens N frames of voice, and says how long one took"),
      OptionDescription(
        "--clean", value: "N", help: "instead takes echo and noise out of N seconds, and says how long one took"),
    ],
    summary: "Checks this build on this processor with known answers; takes about a second.",
    details: ["FOLDER has wycheproof/aes_gcm_test.json and so on, and RFC 9605's sframe/test-vectors.json."])
  public static let sntp = CommandDescription(
    "sntp", operands: ["SERVER..."],
    options: [OptionDescription("--print", help: "shows the difference and leaves the clock alone")],
    summary: "Sets the clock by the first time server that gives a good answer.",
    details: ["The protocol is RFC 5905 section 14. Exit status: 0 when set, 1 when no server answered well."])
  public static let grow = CommandDescription(
    "grow", operands: ["DISK", "PARTITION", "FOLDER"],
    summary: "Grows the last partition of a card, and the ext4 in it mounted at FOLDER, to the card's end.",
    details: ["Does nothing where there is nothing to gain. Exit status: 0 when the partition fills the card."])
  private static let ownCard = [
    OptionDescription("--card", value: "FILE", help: "another card than the one that runs"),
    OptionDescription("--arguments", value: "FILE", help: "what its boot script told the kernel (/proc/cmdline)"),
  ]
  public static let update = CommandDescription(
    "update", operands: ["FILE"],
    options: [
      OptionDescription("--allow-older", help: "takes an older version than the one that runs, too"),
      OptionDescription("--key", value: "FILE", help: "whose bundles are taken (/etc/sotto/update.pub)"),
    ] + ownCard,
    summary: "Writes a signed bundle into the slot that does not run, and has it tried at the next start.",
    details: [
      "FILE may be -, standard input. Whatever goes wrong, and whenever the power goes, the slot that runs starts again.",
      "Exit status: 0 when the slot holds it.",
    ])
  public static let slot = CommandDescription(
    "slot", operands: ["[ACTION]"],
    options: ownCard + [
      OptionDescription("--config", value: "FILE", help: "whose extension check is (/data/sotto.yaml)"), control,
    ],
    summary: "Shows the card's two slots; confirm keeps the one that runs, rollback goes back to the other.",
    details: [
      "check registers at the exchange on this machine as an extension and calls the echo; what runs on trial is kept by",
      "that alone. Exit status: 0 when it was done, or the call came back.",
    ])
  public static let version = CommandDescription("version", summary: "Prints the version.")

  public static let all = [
    serve, supervise, relayHelper, checkConfig, status, calls, call, trace, trunks, trunk, console, log, logLevel,
    reload, selftest, keygen, phone, delay, voice, sntp, grow, update, slot, version,
  ]

  public static var help: String {
    var text = "sotto, the telephone exchange of a small office.\n\nUsage: sotto COMMAND [OPTIONS]\n\nCommands:\n"
    let width = all.map { $0.name.utf8.count }.max() ?? 0
    for command in all { text += "  " + padded(command.name, to: width + 2) + command.summary + "\n" }
    return text + "\n'sotto COMMAND --help' says more.\n"
  }
}
