#include "analysis/area_look.hpp"

#include "analysis/hash.hpp"
#include "analysis/slice_confirm.hpp"
#include "tests/unit/analysis/random_values.hpp"
#include "tests/unit/analysis/simulation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;

namespace {

look_rule rule_of(std::vector<std::string> attributes) {
  look_rule rule;
  rule.salt = "digits/areas/accuracy";
  rule.attributes = std::move(attributes);
  return rule;
}

std::string
pick(testing::random_values& random, const std::vector<std::string>& from) {
  return from[random.below(from.size())];
}

/// Traffic with a device, a language and an age; `worse` is the chance of an
/// error on tablets, and `senior` that of those who are 60 or older.
std::vector<area_row> traffic(
  testing::random_values& random, std::size_t n, double worse,
  double senior = 0.1) {
  std::vector<area_row> rows;
  for (std::size_t i = 0; i < n; ++i) {
    area_row row;
    row.interaction = "i" + std::to_string(i);
    const auto age = 20 + random.below(60);
    row.values = {
      pick(random, {"phone", "phone", "desktop", "tablet"}),
      pick(random, {"de", "en", "fr"}), std::to_string(age)};
    const auto p = row.values[0] == "tablet" ? worse : age >= 60 ? senior : 0.1;
    row.error = random.chance(p) ? 1 : 0;
    rows.push_back(std::move(row));
  }
  return rows;
}

const std::vector<std::string> all_three{"device", "language", "age"};

} // namespace

TEST_CASE("a planted area is found, confirmed and measured", "[areas]") {
  testing::random_values random{7};
  const auto rows = traffic(random, 4'000, 0.4);
  const auto look = look_for_areas(rows, rule_of(all_three));
  REQUIRE(look.ok());
  CHECK(look->rows == 4'000);
  CHECK(look->searched + look->tested == 4'000);
  CHECK(look->candidates > 10);
  REQUIRE(look->areas.size() == 1);
  const auto& area = look->areas.front();
  CHECK(
    area.tests ==
    std::vector<value_test>{{"device", value_kind::text, "tablet", {}, {}}});
  // The truth: a quarter of the traffic, errors of 0.4 against 0.1. The
  // intervals hold it, with 95 % for all of them at once.
  const auto holds = [](const estimate& x, double truth) {
    return x.low <= truth && truth <= x.high && x.low <= x.value &&
      x.value <= x.high;
  };
  CHECK(holds(area.volume, 0.25));
  CHECK(holds(area.error, 0.4));
  CHECK(holds(area.rest_error, 0.1));
  CHECK(holds(area.gap, 0.3));
  CHECK(holds(area.impact, 0.25 * 0.75 * 0.3));
  CHECK(area.gap.low > 0.1);
  CHECK(area.impact.low > 0);
  CHECK(area.error_low > look->bound);
  CHECK(area.ln_e > std::log(10));
  REQUIRE(area.examples.size() == 5);
  for (const auto& id : area.examples) {
    const auto& row = rows[std::stoul(id.substr(1))];
    CHECK(row.values[0] == "tablet");
    CHECK(row.error == 1);
  }
  CHECK(holds(*look->error, 0.175));
}

TEST_CASE("areas are ranked by what they cost", "[areas]") {
  testing::random_values random{11};
  // Tablets cost 0.25 x 0.75 x 0.3 less what the old cost, who are worse off
  // but fewer.
  const auto rows = traffic(random, 8'000, 0.35, 0.5);
  const auto look = look_for_areas(rows, rule_of(all_three));
  REQUIRE(look.ok());
  REQUIRE(look->areas.size() >= 2);
  CHECK(std::is_sorted(
    look->areas.begin(), look->areas.end(), [](const auto& a, const auto& b) {
      return a.impact.value > b.impact.value;
    }));
  std::set<std::string> attributes;
  for (const auto& area : look->areas)
    for (const auto& test : area.tests)
      attributes.insert(test.attribute);
  CHECK(attributes.contains("device"));
  CHECK(attributes.contains("age"));
}

TEST_CASE("numbers are cut into ranges, a missing one is known", "[areas]") {
  testing::random_values random{5};
  std::vector<area_row> rows;
  for (std::size_t i = 0; i < 3'000; ++i) {
    const auto length = random.below(1'000);
    const bool missing = random.chance(0.1);
    const auto p = missing ? 0.6 : length >= 800 ? 0.5 : 0.05;
    rows.push_back(
      {"i" + std::to_string(i),
       {},
       random.chance(p) ? 1.0 : 0.0,
       {missing ? "" : std::to_string(length) + ".5"}});
  }
  const auto look = look_for_areas(rows, rule_of({"length"}));
  REQUIRE(look.ok());
  REQUIRE(look->areas.size() == 3);
  bool seen_missing = false;
  for (const auto& area : look->areas) {
    REQUIRE(area.tests.size() == 1);
    const auto& test = area.tests.front();
    if (test.kind == value_kind::missing) {
      seen_missing = true;
      continue;
    }
    CHECK(test.kind == value_kind::range);
    // A tenth of the rows in each: the two highest are those above 800.
    REQUIRE(test.low);
    CHECK(*test.low > 750);
  }
  CHECK(seen_missing);
}

TEST_CASE("few different numbers are values of their own", "[areas]") {
  testing::random_values random{3};
  std::vector<area_row> rows;
  for (std::size_t i = 0; i < 1'500; ++i) {
    const auto tier = random.below(4);
    rows.push_back(
      {"i" + std::to_string(i),
       {},
       random.chance(tier == 3 ? 0.6 : 0.1) ? 1.0 : 0.0,
       {std::to_string(tier)}});
  }
  const auto look = look_for_areas(rows, rule_of({"tier"}));
  REQUIRE(look->areas.size() == 1);
  CHECK(
    look->areas[0].tests ==
    std::vector<value_test>{{"tier", value_kind::text, "3", {}, {}}});
}

TEST_CASE("without an area none is confirmed, at the rate said", "[areas]") {
  const auto runs = testing::run_count(200);
  std::uint64_t wrong = 0;
  for (std::uint64_t run = 0; run < runs; ++run) {
    testing::random_values random{draw(17, run)};
    const auto rows = traffic(random, 1'500, 0.1);
    const auto look = look_for_areas(rows, rule_of(all_three));
    REQUIRE(look.ok());
    CHECK(look->error->value > 0);
    wrong += look->areas.empty() ? 0U : 1U;
  }
  // Each area that is confirmed here is false, so in a share of 0.1 of the
  // looks there may be any.
  CHECK(static_cast<double>(wrong) <= 0.1 * static_cast<double>(runs));
}

TEST_CASE("a look says why it found nothing", "[areas]") {
  const auto rule = rule_of(all_three);
  const auto none = look_for_areas({}, rule);
  REQUIRE(none.ok());
  CHECK(none->rows == 0);
  CHECK_FALSE(none->error);
  // All is well: nothing to nominate.
  testing::random_values random{2};
  auto rows = traffic(random, 500, 0.1);
  for (auto& row : rows)
    row.error = 0;
  const auto well = look_for_areas(rows, rule);
  CHECK(well->nominated == 0);
  CHECK(well->bound == 0);
  CHECK(well->error->value == 0);
  // One row is in one half only.
  const auto one = look_for_areas(std::vector{rows.front()}, rule);
  CHECK(one->searched + one->tested == 1);
  CHECK(one->areas.empty());
  // Nothing is worse than an error in all of them.
  for (auto& row : rows)
    row.error = 1;
  const auto bad = look_for_areas(rows, rule);
  CHECK(bad->areas.empty());
  CHECK(bad->error->value == 1);
}

TEST_CASE("one unhappy user is no area", "[areas]") {
  testing::random_values random{23};
  auto rows = traffic(random, 2'000, 0.1);
  auto rule = rule_of(all_three);
  // Of those that confirm, who complains of everything on a tablet.
  std::string user = "user-0";
  while (in_discovery_half(user, rule.salt))
    user += "0";
  std::string twin = "user-1";
  while (!in_discovery_half(twin, rule.salt))
    twin += "1";
  for (int i = 0; i < 300; ++i)
    for (const auto& name : {user, twin})
      rows.push_back(
        {name + "-" + std::to_string(i), name, 1, {"tablet", "de", "30"}});
  const auto look = look_for_areas(rows, rule);
  REQUIRE(look.ok());
  CHECK(look->nominated > 0);
  CHECK(look->areas.empty());
  // Who says that each of a subject's interactions counts gets it.
  rule.one_per_subject = false;
  const auto each = look_for_areas(rows, rule);
  CHECK_FALSE(each->areas.empty());
}

TEST_CASE("scores count by how wrong they are", "[areas]") {
  testing::random_values random{31};
  auto rows = traffic(random, 2'000, 0.1);
  for (auto& row : rows)
    row.error =
      (row.values[1] == "fr" ? 0.55 : 0.25) + 0.2 * (random.unit() - 0.5);
  const auto look = look_for_areas(rows, rule_of(all_three));
  REQUIRE(look.ok());
  REQUIRE(look->areas.size() == 1);
  const auto& area = look->areas[0];
  CHECK(area.tests.front().text == "fr");
  CHECK(area.error.value == Approx(0.55).margin(0.01));
  // The worst come first.
  const auto error_of = [&](const std::string& id) {
    return rows[std::stoul(id.substr(1))].error;
  };
  CHECK(error_of(area.examples[0]) >= error_of(area.examples[4]));
  CHECK(error_of(area.examples[4]) > 0.6);
}

TEST_CASE("the same rows give the same bits", "[areas]") {
  testing::random_values random{7};
  auto rows = traffic(random, 2'000, 0.4);
  const auto rule = rule_of(all_three);
  const auto look = look_for_areas(rows, rule);
  CHECK(*look_for_areas(rows, rule) == *look);
  auto other = rule;
  other.min_gap = 0.03;
  CHECK(look_for_areas(rows, other)->digest != look->digest);
  rows.back().error = 1 - rows.back().error;
  CHECK(look_for_areas(rows, rule)->digest != look->digest);
}

TEST_CASE("a sample is the same in any order", "[areas]") {
  std::vector<area_row> rows;
  for (int i = 0; i < 10'000; ++i)
    rows.push_back({"i" + std::to_string(i), {}, 0, {}});
  area_sample forward{"salt", 1'000};
  for (const auto& row : rows)
    forward.add(row);
  area_sample backward{"salt", 1'000};
  std::reverse(rows.begin(), rows.end());
  for (const auto& row : rows)
    if (backward.wants(row.interaction))
      backward.add(row);
  CHECK(forward.share() == backward.share());
  // An eighth would be too many by chance only.
  CHECK((forward.share() == 0.0625 || forward.share() == 0.125));
  CHECK(forward.rows().size() <= 1'000);
  CHECK(forward.rows().size() > 500);
  auto turned = backward.rows();
  std::reverse(turned.begin(), turned.end());
  CHECK(turned == forward.rows());
  area_sample all{"salt", 10'000};
  for (const auto& row : rows)
    all.add(row);
  CHECK(all.share() == 1);
  CHECK(all.rows() == rows);
}
