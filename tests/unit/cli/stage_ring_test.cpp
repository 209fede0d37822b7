#include "cli/stage_ring.hpp"
#include "cli/text.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace ratchet::cli;

namespace {

std::string drawn(const std::vector<ring_node>& nodes, std::size_t width) {
  std::string out;
  for (const auto& line :
       draw_ring(nodes, "iteration 7", width, palette{false}))
    out += line + "\n";
  return out;
}

const std::vector<ring_node> digits{
  {"feedback", "212 of 300", ring_mark::done},
  {"dataset", "2.1s", ring_mark::done},
  {"train", "43% · 12s", ring_mark::current},
  {"evaluate", "", ring_mark::waiting},
  {"no regression", "", ring_mark::waiting},
  {"promote", "", ring_mark::waiting}};

} // namespace

TEST_CASE("a ring runs to the right above and back below", "[cli]") {
  CHECK(
    drawn(digits, 60) ==
    R"(╭─▶ ✓ feedback ──────▶ ✓ dataset ───────▶ ● train ─────────╮
│     212 of 300         2.1s               43% · 12s      │
│                       iteration 7                        │
╰── ○ promote ◀─────── ○ no regression ◀─ ○ evaluate ◀─────╯

)");
}

TEST_CASE("an odd ring leads home without a gap", "[cli]") {
  const std::vector<ring_node> three{
    {"feedback", "", ring_mark::done},
    {"train", "1s", ring_mark::failed},
    {"promote", "", ring_mark::waiting}};
  CHECK(drawn(three, 50) == R"(╭─▶ ✓ feedback ──────────▶ ✗ train ─────────────╮
│                            1s                 │
│                  iteration 7                  │
╰───────────────────────── ○ promote ◀──────────╯

)");
}

TEST_CASE("no line of a ring is wider than it may be", "[cli]") {
  const auto count = GENERATE(1, 2, 3, 5, 8, 11, 30);
  const auto width = GENERATE(38U, 59U, 77U, 160U);
  std::vector<ring_node> nodes;
  for (int i = 0; i < count; ++i)
    nodes.push_back(
      {"a stage with quite a long name " + std::to_string(i), "1m05s",
       i == 3 ? ring_mark::current : ring_mark::waiting});
  for (const auto& line :
       draw_ring(nodes, "iteration 7", width, palette{false})) {
    INFO(line);
    CHECK(display_width(line) <= width);
  }
}

TEST_CASE("a ring without room is a row of marks", "[cli]") {
  std::vector<ring_node> nodes(30, {"stage", "", ring_mark::waiting});
  nodes[2] = {"train", "", ring_mark::current};
  CHECK(drawn(nodes, 70) == "○○●" + repeat("○", 27) + "  train\n");
}

TEST_CASE("colors change nothing but colors", "[cli]") {
  const auto plain = draw_ring(digits, "x", 77, palette{false});
  const auto painted = draw_ring(digits, "x", 77, palette{true});
  REQUIRE(plain.size() == painted.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    std::string stripped;
    for (std::size_t at = 0; at < painted[i].size(); ++at) {
      if (painted[i][at] == '\x1b')
        at = painted[i].find('m', at);
      else
        stripped += painted[i][at];
    }
    stripped.erase(stripped.find_last_not_of(' ') + 1);
    CHECK(stripped == plain[i]);
  }
}
