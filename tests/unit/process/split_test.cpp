#include "process/split.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using namespace ratchet::process;

TEST_CASE("a command line is split as a shell would", "[process][split]") {
  using words = std::vector<std::string>;
  struct example {
    std::string line;
    words expected;
  };
  // Expected: what `printf '%s\n'` of dash 0.5.12 shows for these arguments
  // (with expansions off).
  const auto given = GENERATE(
    example{"", {}}, example{" \t\n ", {}},
    example{"python3 train.py", {"python3", "train.py"}},
    example{"  a   b\t", {"a", "b"}}, example{"''", {""}},
    example{"a '' \"\"", {"a", "", ""}},
    example{"a'b c'd\"e f\"", {"ab cde f"}},
    example{R"('a\b"c')", {R"(a\b"c)"}},
    example{R"("a\"b\\c\d'e")", {R"(a"b\c\d'e)"}},
    example{R"(a\ b \'c \\)", {"a b", "'c", "\\"}},
    example{
      "echo $HOME ~ *.py a;b|c #d",
      {"echo", "$HOME", "~", "*.py", "a;b|c", "#d"}});
  const auto split = split_command_line(given.line);
  REQUIRE(split.ok());
  CHECK(*split == given.expected);
}

TEST_CASE("an unfinished command line names the place", "[process][split]") {
  struct example {
    std::string line;
    std::string message;
  };
  const auto given = GENERATE(
    example{
      "echo 'abc", "command line: no end to the quote ' that begins at byte 6"},
    example{
      "\"a\\\"",
      "command line: no end to the quote \" that begins at "
      "byte 1"},
    example{"ab\\", "command line: nothing follows the backslash at byte 3"},
    example{std::string{"a\0b", 3}, "command line: NUL byte at byte 2"});
  const auto split = split_command_line(given.line);
  REQUIRE_FALSE(split.ok());
  CHECK(split.err().code == errc::invalid_argument);
  CHECK(split.err().message == given.message);
}
