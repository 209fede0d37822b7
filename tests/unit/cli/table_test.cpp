#include "cli/table.hpp"
#include "cli/text.hpp"

#include <catch2/catch.hpp>

#include <sstream>
#include <string>

using namespace ratchet::cli;

namespace {

table iterations() {
  table t{{{"N", align::right}, {"OUTCOME"}, {"VERDICT", align::left, true}}};
  t.add({"7", "running", ""});
  t.add({"10", "promoted", "accuracy 0.941 against 0.921: +0.020"});
  return t;
}

} // namespace

TEST_CASE("a table has aligned columns and no borders", "[cli]") {
  CHECK(
    iterations().render(palette{false}, 0) ==
    " N  OUTCOME   VERDICT\n"
    " 7  running\n"
    "10  promoted  accuracy 0.941 against 0.921: +0.020\n");
}

TEST_CASE("flexible columns give way to the terminal's width", "[cli]") {
  CHECK(
    iterations().render(palette{false}, 30) ==
    " N  OUTCOME   VERDICT\n"
    " 7  running\n"
    "10  promoted  accuracy 0.941 …\n");
}

TEST_CASE("no line of a table is wider than the terminal", "[cli]") {
  const auto width = GENERATE(8U, 12U, 21U, 35U, 80U);
  std::istringstream lines{iterations().render(palette{false}, width)};
  for (std::string line; std::getline(lines, line);)
    CHECK(display_width(line) <= width);
}

TEST_CASE("color does not move columns", "[cli]") {
  table t{{{"A"}, {"B"}}};
  t.add({cell{"ok", style::green}, "x"});
  t.add({"failed", "y"});
  CHECK(
    t.render(palette{true}, 0) ==
    "\x1b[2mA\x1b[0m       \x1b[2mB\x1b[0m\n"
    "\x1b[32mok\x1b[0m      x\n"
    "failed  y\n");
}

TEST_CASE("cells cannot break out of their line", "[cli]") {
  table t{{{"A"}, {"B"}}};
  t.add({"x\ny\x1b[2J", "z"});
  CHECK(t.render(palette{false}, 0) == "A        B\nx y [2J  z\n");
}
