import Numbering
import Testing

struct DialPatternTests {
  @Test(arguments: [
    ("_NXXNXXXXXX", ["2125550100"], ["1125550100", "212555010", "21255501000", "2120550100"]),
    ("_0.", ["01", "0049301234"], ["0", "1", ""]), ("_0!", ["0", "01"], ["1"]), ("_.", ["1", "*43"], ["", "a"]),
    ("_Z[1-35]X", ["110", "155", "930"], ["010", "140", "16"]), ("_+X.", ["+4930"], ["004930", "+4"]),
    ("_[+0]0.", ["+01", "0012"], ["10"]), ("112", ["112"], ["1120", "11"]), ("_*9X#", ["*91#"], ["*9#"]),
    ("_[135-7]", ["1", "3", "5", "6", "7"], ["2", "4", "8", "0"]), ("_nxz", ["201"], ["101", "200"]),
  ])
  func fitWhatTheySay(pattern: String, fitting: [String], others: [String]) throws {
    let pattern = try #require(DialPattern(pattern))
    for number in fitting { #expect(pattern.matches(number), "\(number)") }
    for number in others { #expect(!pattern.matches(number), "\(number)") }
  }

  @Test(arguments: [
    "", "_", "X", "1X", "_[", "_[]", "_[3-1]", "_[1-", "_[1-]", "_1.2", "_!!", "_1-2", "_ 1", "abc", "_[*-#]",
    "_" + String(repeating: "X", count: 33),
  ])
  func refusedWhenTheyMakeNoSense(text: String) { #expect(DialPattern(text) == nil) }
}
