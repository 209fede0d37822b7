#include "workflows/retention.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace ratchet;
using namespace ratchet::workflows;
using namespace std::chrono_literals;

namespace {

constexpr auto now = from_ms(1'790'000'000'000);

std::optional<sequence> at(std::uint64_t seq) {
  return sequence{seq};
}

struct row {
  std::string what;
  retention_facts facts;
  std::optional<sequence> keep;
};

} // namespace

TEST_CASE("the history is asked about what is bounded", "[retention]") {
  const auto none = retention_questions_at({}, 10min, now, {});
  CHECK_FALSE(none.aged);
  CHECK_FALSE(none.bytes);
  const auto both =
    retention_questions_at({.age = 48h, .bytes = 1000}, 10min, now, {});
  CHECK(both.aged == now - 48h);
  CHECK(both.bytes == 1000);
}

TEST_CASE(
  "the join is over a window before the first event not counted yet",
  "[retention]") {
  const auto joinable = [](std::optional<time_point> unseen) {
    return retention_questions_at({}, 10min, now, unseen).joinable;
  };
  CHECK(joinable({}) == now - 10min - longest_request);
  CHECK(joinable(now - 3h) == now - 3h - 10min - longest_request);
  // The history's clock does not fall, so it can be ahead of the machine's.
  CHECK(joinable(now + 1h) == now - 10min - longest_request);
}

TEST_CASE("what is beyond a bound goes unless it is needed", "[retention]") {
  // The history holds 11 to 100.
  const retention_facts idle{
    .first = {11},
    .cursor = {100},
    .in_flight = {},
    .aged = {},
    .fitting = {},
    .joinable = {101}};
  const auto with = [&](auto change) {
    auto facts = idle;
    change(facts);
    return facts;
  };
  const std::vector<row> rows{
    {"no bound", idle, {}},
    {"none too old", with([](auto& f) { f.aged = at(11); }), {}},
    {"all fit", with([](auto& f) { f.fitting = at(11); }), {}},
    {"too old", with([](auto& f) { f.aged = at(40); }), at(40)},
    {"too many", with([](auto& f) { f.fitting = at(50); }), at(50)},
    {"the stricter bound counts: age",
     with([](auto& f) { f.aged = at(60), f.fitting = at(50); }), at(60)},
    {"the stricter bound counts: bytes",
     with([](auto& f) { f.aged = at(40), f.fitting = at(50); }), at(50)},
    {"all too old", with([](auto& f) { f.aged = at(101); }), at(101)},
    {"not counted yet",
     with([](auto& f) { f.aged = at(101), f.cursor = {30}; }), at(31)},
    {"nothing counted yet",
     with([](auto& f) { f.aged = at(101), f.cursor = {10}; }),
     {}},
    {"a cursor behind the first",
     with([](auto& f) { f.aged = at(101), f.cursor = {0}; }),
     {}},
    {"may still be joined",
     with([](auto& f) { f.fitting = at(101), f.joinable = {70}; }), at(70)},
    {"all may still be joined",
     with([](auto& f) { f.fitting = at(101), f.joinable = {11}; }),
     {}},
    {"an iteration reads it",
     with([](auto& f) { f.aged = at(101), f.in_flight = at(20); }), at(21)},
    {"an iteration reads all of it",
     with([](auto& f) { f.aged = at(101), f.in_flight = at(0); }),
     {}},
    {"an iteration reads later ones",
     with([](auto& f) { f.aged = at(40), f.in_flight = at(90); }), at(40)},
    {"the least of all that is needed", with([](auto& f) {
       f.aged = at(101), f.cursor = {80}, f.joinable = {75};
       f.in_flight = at(77);
     }),
     at(75)},
  };
  for (const auto& r : rows) {
    INFO(r.what);
    CHECK(keep_from(r.facts) == r.keep);
  }
}

TEST_CASE("files are rewritten for their waste, given room", "[retention]") {
  constexpr std::uint64_t gib = std::uint64_t{1} << 30U;
  const auto judge =
    [](std::uint64_t file, std::uint64_t kept, std::uint64_t free) {
      return judge_rewrite(
        {.file_bytes = file, .kept_bytes = kept, .free_bytes = free});
    };
  using enum rewrite_verdict;
  CHECK(judge(5 * gib, 4 * gib, 6 * gib) == worth_it);
  CHECK(judge(5 * gib - 1, 4 * gib, 6 * gib) == not_worth_it);
  CHECK(judge(5 * gib, 4 * gib, 5 * gib) == no_room);
  CHECK(judge(gib, 0, gib) == worth_it);
  CHECK(judge(gib / 64, 0, gib) == not_worth_it); // A large share of little.
  // Events that are still in the log are in no file.
  CHECK(judge(gib, 2 * gib, 9 * gib) == not_worth_it);
}
