#include "process/progress.hpp"

#include <catch2/catch.hpp>

using namespace ratchet::process;

TEST_CASE("a progress line is a fraction and a note", "[process][progress]") {
  struct example {
    std::string line;
    progress expected;
  };
  const auto given = GENERATE(
    example{"ratchet:progress 0.4 epoch 2/5", {0.4, "epoch 2/5"}},
    example{"ratchet:progress 0", {0, ""}},
    example{"ratchet:progress 1 ", {1, ""}},
    example{"ratchet:progress 2.5e-1 x", {0.25, "x"}},
    example{
      "ratchet:progress 1 a\x1b[2Jb\x7f\tc\xc2\x9b"
      "d",
      {1, "a[2Jbcd"}},
    example{"ratchet:progress 1 caf\xc3\xa9", {1, "caf\xc3\xa9"}},
    example{
      "ratchet:progress 1 a\xff"
      "b",
      {1, "ab"}});
  CHECK(parse_progress(given.line) == given.expected);
}

TEST_CASE(
  "a line that is nearly progress is an ordinary line", "[process][progress]") {
  const std::string line = GENERATE(
    "", "ratchet:progress", "ratchet:progress ", " ratchet:progress 0.4",
    "ratchet:progress  0.4", "ratchet:progress 1.01", "ratchet:progress -0.1",
    "ratchet:progress nan", "ratchet:progress inf", "ratchet:progress 40%",
    "ratchet:progress 0.4epoch", "ratchet:progress +0.4",
    "ratchet:progress 0,4", "ratchet:progress\t0.4", "Ratchet:progress 0.4",
    "ratchet:progress 1e999");
  CHECK_FALSE(parse_progress(line).has_value());
}

TEST_CASE("a long note is cut between characters", "[process][progress]") {
  std::string note(max_progress_note_bytes - 1, 'a');
  const auto found =
    parse_progress("ratchet:progress 0.5 " + note + "\xc3\xa9");
  REQUIRE(found.has_value());
  CHECK(found->note == note);
}
