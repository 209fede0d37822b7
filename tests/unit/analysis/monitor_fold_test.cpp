#include "analysis/monitor_fold.hpp"
#include "tests/unit/analysis/random_values.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;
using namespace std::chrono_literals;

namespace {

constexpr auto t0 = from_ms(1'000 * 3'600'000LL);

struct monitor {
  metric_table metrics{3};
  metric_history history{{{3h, 1h, 24h}, 2h, 3h}};
  drop_watches drops;

  void take(const monitor_row& row) { fold(row, metrics, history, drops); }
};

wanted_watch accuracy_of(std::uint64_t version, std::uint64_t record = 1) {
  drop_limits limits;
  limits.limit = 0.5;
  return {"accuracy", limits, {record, version_number{version}}};
}

monitor_row row(double value, std::uint64_t version, duration at) {
  return {
    {"accuracy", version_number{version}, value, {{"writer", "a"}}},
    t0 + at,
    t0 + at,
    false};
}

std::vector<monitor_row> random_rows(std::uint64_t seed) {
  testing::random_values random{seed};
  std::vector<monitor_row> rows;
  duration now{0};
  for (int i = 0; i < 600; ++i) {
    now += duration{static_cast<std::int64_t>(random.below(100'000))};
    monitor_row r = row(random.chance(0.2) ? 1 : 0, 1 + random.below(2), now);
    r.at -= duration{static_cast<std::int64_t>(random.below(7'000'000))};
    // More writers than get cells of their own.
    r.seen.slices = {{"writer", std::to_string(random.below(6))}};
    if (random.chance(0.3)) {
      r.seen.metric = "latency";
      r.seen.value = 1'000 * random.unit();
      r.number = true;
    }
    rows.push_back(std::move(r));
  }
  return rows;
}

} // namespace

TEST_CASE("a row counts for all that it is about", "[monitor_fold]") {
  monitor m;
  rewatch(m.drops, {{"a", accuracy_of(1)}, {"b", accuracy_of(2)}});
  m.drops.changed.clear();
  m.take(row(1, 1, 0h));
  const auto keys = m.metrics.places(row(1, 1, 0h).seen);
  REQUIRE(keys.size() == 2);
  for (const auto& key : keys) {
    CHECK(m.metrics.find(key)->count == 1);
    CHECK(effective_count(m.history.find(key)->recent) == 1);
    CHECK(m.history.windows(key, 1)[0].value.sums.count == 1);
  }
  CHECK(m.drops.all.at("a").seen.count == 1);
  CHECK(m.drops.all.at("b").seen.count == 0);
  CHECK(m.drops.changed == std::set<std::string>{"a"});
}

TEST_CASE("a value that no cell holds stops nothing", "[monitor_fold]") {
  monitor m;
  rewatch(m.drops, {{"a", accuracy_of(1)}});
  m.take(row(1e12, 1, 0h));
  m.take(row(std::nan(""), 1, 0h));
  CHECK(m.metrics.cells().empty());
  CHECK(m.history.cells().empty());
  CHECK(m.history.marks().unusable == 2);
  CHECK(m.drops.all.at("a").seen.count == 0);
  m.take(row(1, 1, 0h));
  CHECK(m.metrics.cells().size() == 2);
}

TEST_CASE("watches begin anew where their origin does", "[monitor_fold]") {
  drop_watches watches;
  rewatch(watches, {{"a", accuracy_of(1)}, {"b", accuracy_of(1)}});
  CHECK(watches.changed == std::set<std::string>{"a", "b"});
  for (auto& [name, watch] : watches.all)
    observe(watch, 0, t0);
  watches.changed.clear();
  rewatch(watches, {{"a", accuracy_of(1)}, {"b", accuracy_of(1)}});
  CHECK(watches.changed.empty());
  CHECK(watches.all.at("a").seen.count == 1);
  // Acknowledged: the same version, another record.
  rewatch(watches, {{"a", accuracy_of(1, 9)}, {"b", accuracy_of(1)}});
  CHECK(watches.changed == std::set<std::string>{"a"});
  CHECK(watches.all.at("a").seen.count == 0);
  CHECK(watches.all.at("b").seen.count == 1);
  auto other = accuracy_of(1);
  other.limits.limit = 0.6;
  rewatch(watches, {{"b", other}});
  CHECK(watches.all.size() == 1);
  CHECK(
    watches.all.at("b") ==
    begin_watch("accuracy", other.limits, {1, version_number{1}}));
  CHECK(watches.changed == std::set<std::string>{"a", "b"});
}

TEST_CASE("a monitor's fold knows no pieces", "[monitor_fold]") {
  const auto seed = GENERATE(1U, 2U, 3U);
  CAPTURE(seed);
  const auto rows = random_rows(seed);
  const std::map<std::string, wanted_watch> wanted{
    {"a", accuracy_of(1)}, {"b", accuracy_of(2)}};
  monitor whole;
  rewatch(whole.drops, wanted);
  for (const auto& r : rows)
    whole.take(r);
  CHECK(whole.drops.all.at("a").alarmed);
  testing::random_values random{seed};
  monitor pieces;
  for (const auto& r : rows) {
    if (random.chance(0.1)) // As at the beginning of each piece.
      rewatch(pieces.drops, wanted);
    else if (pieces.drops.all.empty())
      rewatch(pieces.drops, wanted);
    pieces.take(r);
  }
  CHECK(pieces.metrics.cells() == whole.metrics.cells());
  CHECK(pieces.history.cells() == whole.history.cells());
  CHECK(pieces.history.panes() == whole.history.panes());
  CHECK(pieces.history.marks() == whole.history.marks());
  CHECK(pieces.drops.all == whole.drops.all);
}
