// How many events a second does a monitor take in, on one core? An event has 5
// metrics, and 2 attributes of 10 values: 20 slices, 3 cells for each metric.
// Once only what is counted over all time, and once all that a monitor keeps:
// recent means, quantiles of one metric, windows of an hour for a day, and a
// metric that is watched for a drop.
//
// The digest is of all that is kept in the end, to the bit.

#include "analysis/monitor_fold.hpp"
#include "analysis/hash.hpp"
#include "analysis/moments.hpp"
#include "base/clock.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t event_count = 100'000;
constexpr std::size_t metric_count = 5;
constexpr int rounds = 5;

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// Of numbers and texts, in order.
class digest {
public:
  void add(std::uint64_t bits) { state_ = mix64(state_ ^ bits) + 1; }
  void add(double number) { add(std::bit_cast<std::uint64_t>(number)); }
  void add(std::string_view text) { add(salted_hash("digest", text)); }
  void add(const metric_key& key) {
    add(key.metric);
    add(key.version.value);
    add(static_cast<std::uint64_t>(key.scope));
    add(key.attribute);
    add(key.value);
  }
  void add(const moments& cell) {
    add(cell.count);
    for (const auto word : cell.sum)
      add(word);
    for (const auto word : cell.squares)
      add(word);
  }
  void add(const std::optional<quantile_sketch>& values) {
    if (!values)
      return;
    add(static_cast<std::uint64_t>(values->contents().positive.first));
    for (const auto count : values->contents().positive.counts)
      add(count);
  }
  void add(const decayed_moments& cell) {
    add(static_cast<std::uint64_t>(to_ms(cell.landmark.value())));
    add(cell.weight);
    add(cell.squared_weight);
    add(cell.mean);
    add(cell.spread);
  }
  void add(const metric_table& table) {
    for (const auto& [key, cell] : table.cells()) {
      add(key);
      add(cell);
    }
  }
  void add(const metric_history& history) {
    for (const auto& [key, cell] : history.cells()) {
      add(key);
      add(cell.recent);
      add(cell.values);
    }
    for (const auto& [pane, cells] : history.panes())
      for (const auto& [key, cell] : cells) {
        add(static_cast<std::uint64_t>(pane));
        add(key);
        add(cell.sums);
        add(cell.values);
      }
    add(history.marks().late);
    add(history.marks().lost);
  }
  void add(const drop_watches& drops) {
    for (const auto& [condition, watch] : drops.all)
      add(evidence(watch));
  }
  [[nodiscard]] std::uint64_t value() const { return state_; }

private:
  std::uint64_t state_ = 0;
};

/// A day of them, some of which are told of up to an hour late.
std::vector<monitor_row> make_rows() {
  std::vector<monitor_row> rows;
  for (std::size_t i = 0; i < event_count; ++i) {
    const auto known = from_ms(1'780'000'000'000) + 24h * i / event_count;
    const auto at = known -
      (i % 8 == 0 ? duration{static_cast<std::int64_t>(draw(2, i) % 3'600'000)}
                  : 0ms);
    for (const auto* metric : {"quality", "latency", "cost", "length", "thumb"})
      rows.push_back(
        {{metric,
          version_number{1},
          to_unit(draw(1, rows.size())),
          {{"device", "d" + std::to_string(i % 10)},
           {"language", "l" + std::to_string(i * 7 % 10)}}},
         at,
         known,
         std::string_view{metric} == "latency"});
  }
  return rows;
}

void print(const char* what, double best, const digest& kept) {
  std::printf(
    "{\"bench\":\"monitor_fold\",\"what\":\"%s\",\"metrics\":%zu,"
    "\"slices\":20,\"events_per_second\":%.0f,\"digest\":\"%016llx\"}\n",
    what, metric_count, static_cast<double>(event_count) / best,
    static_cast<unsigned long long>(kept.value()));
}

void count_in_table(const std::vector<monitor_row>& rows) {
  double best = 1e9;
  digest kept;
  for (int round = 0; round < rounds; ++round) {
    metric_table table;
    const auto start = cpu_seconds();
    for (const auto& row : rows)
      if (!table.add(row.seen))
        std::abort();
    best = std::min(best, cpu_seconds() - start);
    kept = {};
    kept.add(table);
  }
  print("metric_table", best, kept);
}

void fold_all(const std::vector<monitor_row>& rows) {
  double best = 1e9;
  digest kept;
  drop_limits limits;
  limits.limit = 0.4;
  const std::map<std::string, wanted_watch> wanted{
    {"a", {"quality", limits, {1, version_number{1}}}}};
  for (int round = 0; round < rounds; ++round) {
    metric_table table;
    metric_history history{{{24h, 1h, 24h}, 1h, 24h}};
    drop_watches drops;
    rewatch(drops, wanted);
    const auto start = cpu_seconds();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      fold(rows[i], table, history, drops);
      if (i % 5'000 == 0) { // As a commit does.
        static_cast<void>(table.take_changed());
        static_cast<void>(history.take_changes());
        drops.changed.clear();
      }
    }
    best = std::min(best, cpu_seconds() - start);
    kept = {};
    kept.add(table);
    kept.add(history);
    kept.add(drops);
  }
  print("monitor_fold", best, kept);
}

} // namespace

int main() {
  const auto rows = make_rows();
  count_in_table(rows);
  fold_all(rows);
}
