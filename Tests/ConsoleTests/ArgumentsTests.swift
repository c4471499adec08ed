import Console
import Testing

private func take(_ words: String..., of command: CommandDescription = CommandTable.status) -> Result<
  Arguments, Arguments.Failure
> {
  Result { () throws(Arguments.Failure) in try Arguments(words, of: command) }
}

@Suite struct ArgumentsTests {
  @Test func optionsStandAnywhereInBothForms() throws {
    let arguments = try take("--json", "--control=/tmp/x").get()
    #expect(arguments["--json"] == "" && arguments["--control"] == "/tmp/x" && !arguments.wantsHelp)
    #expect(try take("--control", "/tmp/x").get()["--control"] == "/tmp/x")
    let sntp = try take("a", "--print", "b", "--", "--c", of: CommandTable.sntp).get()
    #expect(sntp.operands == ["a", "b", "--c"] && sntp["--print"] != nil)
  }

  @Test func helpNeedsNoOperands() throws {
    #expect(try take("--help", of: CommandTable.checkConfig).get().wantsHelp)
    for command in CommandTable.all { #expect(command.help.contains(command.usage)) }
  }

  @Test func faultsSayWhatWasMeant() {
    #expect(take("--jsn") == .failure(.unknown(option: "--jsn", command: "status", nearest: "--json")))
    #expect(take("--zebra") == .failure(.unknown(option: "--zebra", command: "status", nearest: nil)))
    #expect(take("--control") == .failure(.valueMissing(option: "--control", value: "PATH")))
    #expect(take("--control=") == .failure(.valueMissing(option: "--control", value: "PATH")))
    #expect(take("--json=1") == .failure(.valueUnwanted(option: "--json")))
    #expect(take("--json", "--json") == .failure(.twice(option: "--json")))
    #expect(take("x") == .failure(.tooMany(operand: "x", command: "status")))
    #expect(take(of: CommandTable.checkConfig) == .failure(.operandMissing("FILE", command: "check-config")))
  }

  @Test func everyCommandIsInTheHelp() {
    for command in CommandTable.all { #expect(CommandTable.help.contains("  \(command.name) ")) }
  }
}
