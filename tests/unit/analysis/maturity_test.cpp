#include "analysis/maturity.hpp"

#include "analysis/evidence.hpp"
#include "tests/unit/analysis/random_values.hpp"
#include "tests/unit/analysis/simulation.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;
using namespace std::chrono_literals;

namespace {

time_point at(std::int64_t minute) {
  return from_ms(minute * 60'000);
}

} // namespace

TEST_CASE("units mature in order when their time is over", "[maturity]") {
  maturing_units units{{.horizon = 10min, .default_outcome = 0.5}};
  REQUIRE(units.expose("b", at(3)).ok());
  REQUIRE(units.expose("a", at(3)).ok());
  REQUIRE(units.expose("c", at(1)).ok());
  CHECK(units.expose("a", at(4)).err().code == errc::already_exists);
  CHECK(units.feedback("a", "r", at(5), 1) == feedback_place::counted);
  CHECK(units.feedback("b", "r", at(14), 1) == feedback_place::late);
  CHECK(units.feedback("d", "r", at(5), 1) == feedback_place::unknown);
  CHECK(units.advance(at(10)).empty());
  auto matured = units.advance(at(11));
  REQUIRE(matured.size() == 1);
  CHECK(matured[0].unit == "c");
  CHECK(matured[0].outcome == 0.5);
  CHECK(units.advance(at(5)).empty());
  matured = units.advance(at(13));
  REQUIRE(matured.size() == 2);
  CHECK(matured[0].unit == "a");
  CHECK(matured[0].outcome == 1);
  CHECK(matured[0].pieces == 1);
  CHECK(matured[1].unit == "b");
  CHECK(matured[1].outcome == 0.5);
  CHECK(units.waiting() == 0);
  CHECK(units.feedback("a", "r", at(6), 0) == feedback_place::unknown);
  CHECK(units.expose("e", at(3)).err().code == errc::conflict);
  CHECK(units.expose("e", at(4)).ok());
}

TEST_CASE("the last word of each rater counts", "[maturity]") {
  maturing_units units{{.horizon = 10min}};
  REQUIRE(units.expose("a", at(0)).ok());
  units.feedback("a", "one", at(5), 1);
  // Earlier by its own time, though it came later.
  units.feedback("a", "one", at(2), 0);
  units.feedback("a", "two", at(3), 1);
  units.feedback("a", "two", at(4), 0);
  units.feedback("a", "three", at(3), 1);
  units.feedback("a", "three", at(6), std::nullopt);
  const auto matured = units.advance(at(10));
  CHECK(matured[0].outcome == 0.5);
  CHECK(matured[0].pieces == 2);
  // Without a default there is no outcome of nothing.
  REQUIRE(units.expose("b", at(2)).ok());
  CHECK_FALSE(units.advance(at(12))[0].outcome);
}

TEST_CASE("delays that differ by arm do not bias (T9)", "[maturity]") {
  // Both arms please 7 in 10. The challenger's pleased answer within minutes
  // and its displeased days later; the champion's the other way round.
  const auto runs = testing::run_count(40);
  std::uint64_t wrong = 0;
  double naive_gap = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    testing::random_values random{seed};
    maturing_units units{{.horizon = 3'000min, .default_outcome = 0.5}};
    pair_evidence live;
    pair_evidence full;
    REQUIRE(open_epoch(live, 0.5).ok());
    REQUIRE(open_epoch(full, 0.5).ok());
    struct unit {
      bool challenger = false;
      bool pleased = false;
      std::int64_t answers = 0;
    };
    std::vector<unit> all;
    constexpr std::int64_t span = 6'000;
    for (std::int64_t i = 0; i < span; ++i) {
      unit u{random.chance(0.5), random.chance(0.7), 0};
      const auto fast = u.pleased == u.challenger;
      u.answers =
        i + 1 + static_cast<std::int64_t>(random.below(fast ? 10 : 2'900));
      all.push_back(u);
      REQUIRE(units.expose(std::to_string(i), at(i)).ok());
    }
    // Feedback by its own time, read up to a moment in the middle.
    double naive[2] = {0, 0};
    double answered[2] = {0, 0};
    for (std::int64_t i = 0; i < span; ++i)
      if (const auto& u = all[static_cast<std::size_t>(i)]; u.answers < span) {
        units.feedback(
          std::to_string(i), "user", at(u.answers), u.pleased ? 1 : 0);
        ++answered[u.challenger ? 1 : 0];
        naive[u.challenger ? 1 : 0] += u.pleased ? 1 : 0;
      }
    naive_gap += naive[1] / answered[1] - naive[0] / answered[0];
    for (const auto& m : units.advance(at(span))) {
      const auto& u = all[std::stoul(m.unit)];
      const auto served = u.challenger ? arm::challenger : arm::champion;
      testing::must(add(live, {served, *m.outcome, {}}));
      testing::must(add(full, {served, u.pleased ? 1.0 : 0.0, {}}));
    }
    CHECK(live.sums.units() == 3'001);
    // What could be known then is the truth, to the bit.
    CHECK(live == full);
    const auto i = effect_sequence(live, {}, 0.05);
    wrong += i.low > 0 || i.high < 0 ? 1 : 0;
  }
  WARN(
    "T9: gap of what had arrived " << naive_gap / static_cast<double>(runs)
                                   << ", of matured units wrong in " << wrong
                                   << " of " << runs);
  CHECK(naive_gap / static_cast<double>(runs) > 0.05);
  CHECK(
    static_cast<double>(wrong) / static_cast<double>(runs) <=
    0.05 + testing::three_errors(0.05, runs));
}
