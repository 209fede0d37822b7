#include "analysis/drop_watch.hpp"
#include "tests/unit/analysis/random_values.hpp"
#include "tests/unit/analysis/simulation.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;
using namespace std::chrono_literals;

namespace {

constexpr auto t0 = from_ms(1'000 * 3'600'000LL);

drop_limits accuracy(double days = 30) {
  drop_limits limits;
  limits.limit = 0.9;
  limits.days = days;
  limits.warn_days = days / 10;
  return limits;
}

drop_watch watch_of(const drop_limits& limits) {
  return begin_watch("accuracy", limits, {7, version_number{3}});
}

/// Yes or no, with `chance`, one in `every` on average, `days` long at most;
/// how long until the alarm, in days.
double days_to_alarm(
  drop_watch watch, double chance, duration every, double days,
  std::uint64_t seed) {
  testing::random_values random{seed};
  auto now = t0;
  const auto end = t0 + duration{static_cast<std::int64_t>(days * 86'400'000)};
  while (now < end && !watch.alarmed) {
    // In bursts: nine of ten at once.
    if (random.chance(0.1))
      now += duration{static_cast<std::int64_t>(
        random.below(static_cast<std::uint64_t>(every.count()) * 20))};
    observe(watch, random.chance(chance) ? 1 : 0, now);
  }
  return static_cast<double>((now - t0).count()) / 86'400'000;
}

} // namespace

TEST_CASE("evidence is a time, whatever the rate", "[drop_watch]") {
  // A weight of a power of two scales every bit alike.
  auto counted = *make_drop_detector(0.9);
  auto timed = *make_drop_detector(0.9);
  testing::random_values random{1};
  for (int i = 0; i < 500; ++i) {
    const auto value = random.chance(0.85) ? 1.0 : 0.0;
    REQUIRE(observe(counted, value).ok());
    REQUIRE(observe(timed, value, 0x1p-10).ok());
  }
  CHECK(evidence(timed) == evidence(counted) * 0x1p-10);
}

TEST_CASE("false alarms are as many days apart as declared (T4)") {
  // At three rates of traffic, all in bursts.
  const auto every = GENERATE(duration{20min}, duration{2min}, duration{30s});
  const double days = 3;
  double sum = 0;
  double squares = 0;
  const auto runs = testing::run_count(60);
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const auto x =
      days_to_alarm(watch_of(accuracy(days)), 0.9, every, 60, seed);
    sum += x;
    squares += x * x;
  }
  const auto n = static_cast<double>(runs);
  const auto mean = sum / n;
  const auto error = std::sqrt((squares / n - mean * mean) / n);
  WARN(
    "T4: alarms " << days << " days apart, one observation in "
                  << format_duration(every) << ", " << runs
                  << " runs: a false alarm after " << mean << " days (mean)");
  CHECK(mean >= days - 3 * error);
}

TEST_CASE(
  "drops are found as soon as the guide says (T4)", "[drop_watch][rates]") {
  // Median delays that docs/guide/monitors.md promises, to 15 %: 30 days
  // between false alarms, 1,000 observations a day, ten calm days at 0.95.
  struct row {
    double level;
    double delay;
  };
  const auto r = GENERATE(row{0.85, 500}, row{0.80, 220}, row{0.60, 70});
  constexpr auto every = duration{24h} / 1'000;
  std::vector<double> delays;
  for (std::uint64_t seed = 1; seed <= testing::run_count(100); ++seed) {
    testing::random_values random{seed};
    auto watch = watch_of(accuracy());
    auto now = t0;
    const auto see = [&](double chance) {
      observe(watch, random.chance(chance) ? 1 : 0, now += every);
    };
    for (int i = 0; i < 10'000; ++i)
      see(0.95);
    int later = 0;
    for (; later < 5'000 && !watch.alarmed; ++later)
      see(r.level);
    delays.push_back(later);
  }
  const auto delay = testing::median(delays);
  WARN(
    "T4: a fall from 0.95 to " << r.level << " found after " << delay
                               << " observations (median), guide " << r.delay);
  CHECK(delay == Approx(r.delay).epsilon(0.15));
}

TEST_CASE("no more often than in so many observations", "[drop_watch]") {
  auto limits = accuracy(3);
  limits.observations = 3'000; // At a rate at which 3 days have 200.
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    sum += days_to_alarm(watch_of(limits), 0.9, 20min, 400, seed);
  CHECK(sum / 20 > 20); // 3000 observations are 42 days.
}

TEST_CASE("a drop is found, and where it began", "[drop_watch]") {
  auto watch = watch_of(accuracy());
  testing::random_values random{5};
  auto now = t0;
  for (int i = 0; i < 5'000; ++i) {
    now += 1min;
    observe(watch, random.chance(0.95) ? 1 : 0, now);
  }
  const auto calm = finding(watch);
  CHECK(calm.level == drop_level::calm);
  CHECK(calm.observations == 5'000);
  CHECK(calm.mean == Approx(0.95).margin(0.01));
  CHECK(calm.evidence < calm.threshold);
  CHECK(calm.threshold == 3);
  CHECK(calm.covered.low == Approx(0.95).margin(0.03));
  CHECK(calm.covered.low < calm.mean);
  CHECK(calm.mean < calm.covered.high);
  const auto fell = now;
  int later = 0;
  for (; !watch.alarmed && later < 1'000; ++later) {
    now += 1min;
    observe(watch, random.chance(0.7) ? 1 : 0, now);
  }
  CHECK(later < 200);
  const auto alarm = finding(watch);
  CHECK(alarm.level == drop_level::alarm);
  CHECK(alarm.threshold == 30);
  CHECK(alarm.evidence >= 30);
  CHECK(alarm.at == now);
  CHECK(alarm.recent < 400);
  CHECK(alarm.recent_mean == Approx(0.7).margin(0.1));
  CHECK(std::chrono::abs(alarm.since - fell) < 3h);
  // The warning came before it.
  REQUIRE(watch.warned);
  CHECK(watch.warned->level == drop_level::warning);
  CHECK(watch.warned->at <= alarm.at);
  CHECK(watch.warned->evidence >= 3);
  // Found is found, as it was.
  for (int i = 0; i < 5'000; ++i)
    observe(watch, 1, now += 1min);
  CHECK(finding(watch) == alarm);
  CHECK(evidence(watch) < 30);
}

TEST_CASE("a metric of which less is better rises", "[drop_watch]") {
  // A latency from 0 to 2,000 ms that must not be above 500.
  const drop_limits limits{0, 2'000, 500, true, 30, 3, 0};
  auto watch = watch_of(limits);
  for (int i = 0; i < 2'000; ++i)
    observe(watch, i % 2 == 0 ? 300 : 600, t0 + i * 1min);
  CHECK(finding(watch).level == drop_level::calm);
  CHECK(finding(watch).mean == 450);
  for (int i = 2'000; i < 4'000 && !watch.alarmed; ++i)
    observe(watch, 900, t0 + i * 1min);
  REQUIRE(watch.alarmed);
  CHECK(watch.alarmed->recent_mean == Approx(900).margin(10));
  // The interval is on the metric's scale, and all of it before anything came.
  const auto mean = watch.alarmed->mean;
  CHECK(watch.alarmed->covered.low > mean - 100);
  CHECK(watch.alarmed->covered.low < mean);
  CHECK(watch.alarmed->covered.high > mean);
  CHECK(watch.alarmed->covered.high < mean + 100);
  CHECK(finding(watch_of(limits)).covered.high == 2'000);
}

TEST_CASE("a moment alone can show a collapse", "[drop_watch]") {
  // All at once: the first weighs a millisecond, the others nothing, and yet
  // failures without end are found.
  auto watch = watch_of(accuracy());
  int n = 0;
  for (; n < 500 && !watch.alarmed; ++n)
    observe(watch, 0, t0);
  CHECK(n < 100);
  // Silence weighs a day at most, and a clock set back nothing.
  auto silent = watch_of(accuracy());
  observe(silent, 1, t0);
  observe(silent, 1, t0 + 24h * 1'000);
  const auto after = evidence(silent);
  CHECK(after < 1);
  observe(silent, 1, t0);
  CHECK(evidence(silent) < after);
  CHECK(silent.last == t0 + 24h * 1'000);
}

TEST_CASE("values outside of the range are counted apart", "[drop_watch]") {
  auto watch = watch_of(accuracy());
  observe(watch, 1, t0);
  auto before = watch;
  for (const auto value : {1.5, -0.1, std::nan("")})
    observe(watch, value, t0 + 1h);
  CHECK(watch.unusable == 3);
  before.unusable = 3;
  CHECK(watch == before);
}

TEST_CASE("limits of no sense are refused", "[drop_watch]") {
  CHECK(check(accuracy()).ok());
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  for (const auto& bad :
       {drop_limits{1, 1, 1, false, 30, 3, 0},
        drop_limits{0, 1, 1, false, 30, 3, 0},
        drop_limits{0, 1, 0, true, 30, 3, 0},
        drop_limits{0, 1, nan, false, 30, 3, 0},
        drop_limits{0, 1e10, 0.5, false, 30, 3, 0},
        drop_limits{0, 1, 0.5, false, 0, 0, 0},
        drop_limits{0, 1, 0.5, false, nan, 3, 0},
        drop_limits{0, 1, 0.5, false, 30, 31, 0}})
    CHECK(check(bad).err().code == errc::invalid_argument);
}
