#include "analysis/metric_history.hpp"
#include "tests/unit/analysis/random_values.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;
using namespace std::chrono_literals;

namespace {

constexpr auto t0 = from_ms(1'000 * 3'600'000LL);

history_plan plan(duration size = 3h, duration slide = 1h) {
  return {{size, slide, 10h}, 2h, size};
}

metric_key overall(std::uint64_t version = 3) {
  return {"accuracy", version_number{version}, slice_scope::overall, {}, {}};
}
metric_key writer(const std::string& value) {
  return {"accuracy", version_number{3}, slice_scope::slice, "writer", value};
}

struct row {
  std::vector<metric_key> places;
  double value = 0;
  time_point at;
  time_point known;
  bool quantiles = false;
};

void count(metric_history& history, const row& r) {
  history.add(r.places, r.value, r.at, r.known, r.quantiles);
}

row one(double value, duration at, duration known) {
  return {{overall(), writer("a")}, value, t0 + at, t0 + known, true};
}
row one(double value, duration at) {
  return one(value, at, at);
}

/// Feedback of three days, late by up to some hours, in the order in which it
/// became known.
std::vector<row> random_rows(std::uint64_t seed) {
  testing::random_values random{seed};
  std::vector<row> rows;
  duration known{0};
  for (int i = 0; i < 2'000; ++i) {
    known += duration{static_cast<std::int64_t>(random.below(200'000))};
    const duration late{static_cast<std::int64_t>(random.below(15'000'000))};
    row r = one(random.unit() * 10 - 2, known - late, known);
    r.places[1] = writer(std::string(1, static_cast<char>('a' + i % 5)));
    r.quantiles = i % 2 == 0;
    rows.push_back(std::move(r));
  }
  return rows;
}

/// Stored and read back, as a restart does.
metric_history reloaded(const metric_history& from) {
  metric_history to;
  to.restore(from.plan(), from.marks());
  for (const auto& [place, cell] : from.cells())
    to.restore(place, cell);
  for (const auto& [pane, cells] : from.panes())
    for (const auto& [place, cell] : cells)
      to.restore({pane, place}, cell);
  return to;
}

void check_same(const metric_history& a, const metric_history& b) {
  CHECK(a.marks() == b.marks());
  CHECK(a.cells() == b.cells());
  CHECK(a.panes() == b.panes());
}

} // namespace

TEST_CASE("windows hold what happened in them", "[metric_history]") {
  metric_history history{plan()};
  CHECK(history.windows(overall(), 9).empty());
  CHECK_FALSE(history.watermark());
  count(history, one(1, 10min));
  count(history, one(0, 70min));
  count(history, one(1, 70min));
  count(history, one(1, 10min, 250min)); // Late feedback: where it was shown.
  REQUIRE(history.watermark() == t0 + 130min);
  const auto list = history.windows(overall(), 4);
  REQUIRE(list.size() == 4);
  //        from, to, final, count, mean
  CHECK(list[0].from == t0 + 2h);
  CHECK(list[0].to == t0 + 5h);
  CHECK_FALSE(list[0].final);
  CHECK(list[0].value.sums.count == 0); // No data, which is not a mean of 0.
  CHECK_FALSE(mean(list[0].value.sums));
  CHECK(list[1].value.sums.count == 2);
  CHECK(mean(list[1].value.sums) == 0.5);
  CHECK(list[2].to == t0 + 3h);
  CHECK_FALSE(list[2].final);
  CHECK(list[2].value.sums.count == 4);
  CHECK(mean(list[2].value.sums) == 0.75);
  CHECK(list[3].to == t0 + 2h);
  CHECK(list[3].final);
  CHECK(list[3].value.sums.count == 4);
  CHECK(list[3].value.values->count() == 4);
  // Of slices there are no sketches in windows.
  CHECK_FALSE(history.windows(writer("a"), 4)[3].value.values);
  CHECK(history.windows(writer("a"), 4)[3].value.sums.count == 4);
  CHECK(history.windows(writer("b"), 4)[3].value.sums.count == 0);
  CHECK(history.windows(overall(4), 4)[3].value.sums.count == 0);
  // Those that are kept: from the watermark less 10 h on.
  CHECK(history.windows(overall(), 99).size() == 10);
  CHECK(
    history.find(overall())->values->quantile(0.5) == Approx(1).epsilon(.01));
}

TEST_CASE("what comes late is counted and said", "[metric_history]") {
  metric_history history{plan()};
  count(history, one(1, 20h));
  count(history, one(1, 16h, 20h)); // Of a window that is final at 18 h.
  CHECK(history.marks().late == 1);
  CHECK(history.marks().lost == 0);
  CHECK(history.windows(overall(), 99).back().to == t0 + 11h);
  count(history, one(0, 7h, 20h)); // Beyond what is kept.
  CHECK(history.marks().late == 2);
  CHECK(history.marks().lost == 1);
  CHECK(history.panes().size() == 2);
  // It counts for the whole life all the same.
  CHECK(history.find(overall())->values->count() == 3);
  // An application's clock that is ahead moves nothing.
  count(history, one(1, 900h, 20h));
  CHECK(history.watermark() == t0 + 18h);
  CHECK(history.panes().rbegin()->first * 3'600'000 == to_ms(t0 + 20h));
}

TEST_CASE("what no cell holds changes nothing but its count") {
  metric_history history{plan()};
  count(history, one(1, 1h));
  auto before = reloaded(history);
  count(history, one(1e12, 30h));
  CHECK(history.marks().unusable == 1);
  CHECK(history.cells() == before.cells());
  CHECK(history.panes() == before.panes());
  CHECK(history.watermark() == before.watermark());
}

TEST_CASE("the same rows give the same bits in any pieces") {
  const auto seed = GENERATE(1U, 2U, 3U);
  CAPTURE(seed);
  const auto rows = random_rows(seed);
  metric_history whole{plan()};
  for (const auto& r : rows)
    count(whole, r);
  testing::random_values random{seed + 100};
  metric_history pieces{plan()};
  metric_history stored{plan()};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    count(pieces, rows[i]);
    if (!random.chance(0.05))
      continue;
    // Only what is said to have changed is stored; the engine dies; what is
    // stored is read.
    auto changes = pieces.take_changes();
    if (changes.marks)
      stored.restore(pieces.plan(), pieces.marks());
    for (const auto& place : changes.cells)
      stored.restore(place, *pieces.find(place));
    auto panes = stored.panes();
    for (const auto& pane : changes.panes)
      if (const auto* cell = pieces.find(pane))
        panes[pane.first].insert_or_assign(pane.second, *cell);
      else if (auto& of = panes[pane.first];
               of.erase(pane.second) > 0 && of.empty())
        panes.erase(pane.first);
    metric_history next;
    next.restore(stored.plan(), stored.marks());
    for (const auto& [place, cell] : stored.cells())
      next.restore(place, cell);
    for (const auto& [pane, cells] : panes)
      for (const auto& [place, cell] : cells)
        next.restore({pane, place}, cell);
    stored = next;
    check_same(stored, pieces);
    pieces = reloaded(stored);
  }
  check_same(pieces, whole);
}

TEST_CASE("windows are what a count by hand says", "[metric_history]") {
  const auto seed = GENERATE(11U, 12U);
  CAPTURE(seed);
  const auto rows = random_rows(seed);
  metric_history history{plan()};
  for (const auto& r : rows)
    count(history, r);
  const auto list = history.windows(overall(), 99);
  CHECK(list.size() >= 9);
  for (const auto& window : list) {
    moments sums;
    std::uint64_t numbers = 0;
    for (const auto& r : rows)
      if (r.at >= window.from && r.at < window.to) {
        REQUIRE(add(sums, r.value).ok());
        numbers += r.quantiles ? 1U : 0U;
      }
    CHECK(window.value.sums == sums);
    const auto& values = window.value.values;
    CHECK((values ? values->count() : 0) == numbers);
  }
}

TEST_CASE("another plan keeps what fits it", "[metric_history]") {
  metric_history history{plan()};
  count(history, one(1, 1h));
  (void)history.take_changes();
  history.adopt(plan());
  CHECK_FALSE(history.take_changes().marks);
  history.adopt(plan(5h)); // The same panes; the half-life is another.
  CHECK(history.panes().size() == 1);
  CHECK_FALSE(history.find(overall())->recent.landmark);
  CHECK(history.find(overall())->values->count() == 1);
  auto changes = history.take_changes();
  CHECK(changes.marks);
  CHECK(changes.cells.size() == 2);
  CHECK(changes.panes.empty());
  history.adopt(plan(5h, 30min));
  CHECK(history.panes().empty());
  changes = history.take_changes();
  CHECK(changes.panes.size() == 2); // To be erased.
  CHECK_FALSE(history.find(*changes.panes.begin()));
  count(history, one(1, 1h));
  CHECK(history.windows(overall(), 1)[0].value.sums.count == 1);
}

TEST_CASE("a plan of no sense is refused", "[metric_history]") {
  CHECK(check(plan()).ok());
  auto negative = plan();
  negative.lateness = -1ms;
  auto forgetful = plan();
  forgetful.half_life = 0ms;
  for (const auto& bad : {plan(1h, 2h), plan(11h), negative, forgetful})
    CHECK(check(bad).err().code == errc::invalid_argument);
}
