#include "analysis/windows.hpp"

#include "analysis/moments.hpp"
#include "analysis/quantiles.hpp"
#include "analysis/watermark.hpp"
#include "tests/unit/analysis/random_values.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;
using namespace std::chrono_literals;

namespace ratchet::analysis {

namespace {

/// An aggregate that cannot take back: the sketch's side of windows.
struct merge_only {
  moments inner;
  friend bool operator==(const merge_only&, const merge_only&) = default;
};

void merge(merge_only& a, const merge_only& b) {
  merge(a.inner, b.inner);
}

void count_in(moments& cell, double value) {
  REQUIRE(add(cell, value).ok());
}
void count_in(merge_only& cell, double value) {
  count_in(cell.inner, value);
}

struct event {
  std::int64_t ms = 0;
  double value = 0;
};

template <class Aggregate>
Aggregate brute_force(
  const std::vector<event>& events, window_rule rule, time_point end) {
  Aggregate sum{};
  for (const auto& e : events)
    if (from_ms(e.ms) >= end - rule.size && from_ms(e.ms) < end)
      count_in(sum, e.value);
  return sum;
}

/// Random events, some late; the last word on each window must be the sum over
/// all events not lost.
template <class Aggregate>
void check_against_brute_force(window_rule rule, std::uint64_t seed) {
  testing::random_values random{seed};
  windows<Aggregate> w{rule};
  std::vector<event> events;
  std::map<time_point, Aggregate> said;
  std::int64_t now = -500;
  for (int i = 0; i < 400; ++i) {
    now +=
      static_cast<std::int64_t>(random.below(random.chance(0.02) ? 900 : 8));
    const auto back = random.chance(0.2) ? random.below(120) : 0;
    const event e{now - static_cast<std::int64_t>(back), random.normal()};
    const auto lost = w.lost_total();
    for (const auto& c :
         w.add(from_ms(e.ms), [&](auto& cell) { count_in(cell, e.value); })) {
      REQUIRE(said[c.end] == c.before);
      said[c.end] = c.after;
    }
    if (w.lost_total() == lost)
      events.push_back(e);
    for (const auto& c : w.advance(from_ms(now))) {
      REQUIRE_FALSE(said.contains(c.end));
      said[c.end] = c.value;
    }
  }
  // Windows that cannot be corrected any more were right when they could.
  for (const auto& [end, value] : said)
    if (end - rule.size >= from_ms(now) - rule.retention)
      CHECK(value == brute_force<Aggregate>(events, rule, end));
}

} // namespace

} // namespace ratchet::analysis

TEST_CASE("windows close in order as the watermark passes", "[windows]") {
  windows<moments> w{{.size = 3s, .slide = 2s, .retention = 10s}};
  const auto one = [](moments& cell) { count_in(cell, 1); };
  for (const auto ms : {-500, 500, 1'500, 3'500})
    CHECK(w.add(from_ms(ms), one).empty());
  const auto closed = w.advance(from_ms(4'999));
  REQUIRE(closed.size() == 3);
  // Panes of 1 s; windows [-3, 0), [-1, 2) and [1, 4).
  CHECK(closed[0].end == from_ms(0));
  CHECK(closed[0].value.count == 1);
  CHECK(closed[1].end == from_ms(2'000));
  CHECK(closed[1].value.count == 3);
  CHECK(closed[2].end == from_ms(4'000));
  CHECK(closed[2].value.count == 2);
  CHECK(w.advance(from_ms(4'000)).empty());
  CHECK(w.advance(from_ms(5'999)).empty());
  // [3, 6); then a day of silence lists nothing but what was there.
  CHECK(w.advance(from_ms(6'000)).size() == 1);
  CHECK(w.advance(from_ms(86'400'000)).empty());
  CHECK(w.pane_count() == 0);
  CHECK(w.closed_until() == from_ms(86'400'000));
}

TEST_CASE("a late event corrects the windows it belongs to", "[windows]") {
  windows<moments> w{{.size = 4s, .slide = 2s, .retention = 6s}};
  const auto one = [](moments& cell) { count_in(cell, 1); };
  CHECK(w.add(from_ms(1'000), one).empty());
  CHECK(w.add(from_ms(5'000), one).empty());
  CHECK(w.advance(from_ms(6'000)).size() == 3);
  // 3,000 lies in [0, 4) and [2, 6), which are closed, and in nothing open.
  const auto corrected = w.add(from_ms(3'000), one);
  REQUIRE(corrected.size() == 2);
  CHECK(corrected[0].end == from_ms(4'000));
  CHECK(corrected[0].before.count == 1);
  CHECK(corrected[0].after.count == 2);
  CHECK(corrected[1].end == from_ms(6'000));
  CHECK(corrected[1].after.count == 2);
  CHECK(w.late_total() == 1);
  CHECK(w.advance(from_ms(8'000)).front().value.count == 1);
  // Beyond the retention it is counted and changes nothing.
  CHECK(w.add(from_ms(-1), one).empty());
  CHECK(w.late_total() == 2);
  CHECK(w.lost_total() == 1);
}

TEST_CASE("windows agree with brute force", "[windows]") {
  const auto rule = GENERATE(
    window_rule{30ms, 30ms, 60ms}, window_rule{30ms, 10ms, 30ms},
    window_rule{50ms, 20ms, 200ms}, window_rule{70ms, 69ms, 90ms});
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed, rule.size.count(), rule.slide.count());
    check_against_brute_force<moments>(rule, seed);
    check_against_brute_force<merge_only>(rule, seed);
  }
}

TEST_CASE("a window rule is checked", "[windows]") {
  CHECK(check(window_rule{3s, 2s, 3s}).ok());
  for (const auto& bad :
       {window_rule{3s, 0s, 3s}, window_rule{3s, 4s, 9s},
        window_rule{3s, 1s, 2s}})
    CHECK(check(bad).err().code == errc::invalid_argument);
}

TEST_CASE("the slowest source decides the watermark", "[watermark]") {
  watermark mark{10s};
  CHECK_FALSE(mark.value());
  CHECK(mark.observe("a", from_ms(60'000)));
  CHECK(mark.value() == from_ms(50'000));
  // A new source that is behind holds back, but takes nothing back.
  CHECK_FALSE(mark.observe("b", from_ms(20'000)));
  CHECK_FALSE(mark.observe("a", from_ms(90'000)));
  CHECK(mark.value() == from_ms(50'000));
  CHECK(mark.observe("b", from_ms(70'000)));
  CHECK(mark.value() == from_ms(60'000));
  // An event out of order moves nothing.
  CHECK_FALSE(mark.observe("b", from_ms(65'000)));
  CHECK(mark.release("b"));
  CHECK(mark.value() == from_ms(80'000));
  CHECK_FALSE(mark.release("b"));
}
