#include "analysis/aggregate.hpp"

#include <catch2/catch.hpp>

#include <iterator>

using namespace ratchet;
using namespace ratchet::analysis;

namespace {

observation seen(
  double value, std::vector<std::pair<std::string, std::string>> slices = {}) {
  return {"accuracy", version_number{3}, value, std::move(slices)};
}

metric_key overall() {
  return {"accuracy", version_number{3}, slice_scope::overall, {}, {}};
}
metric_key slice(std::string attribute, std::string value) {
  return {
    "accuracy", version_number{3}, slice_scope::slice, std::move(attribute),
    std::move(value)};
}
metric_key other(std::string attribute) {
  return {
    "accuracy",
    version_number{3},
    slice_scope::other,
    std::move(attribute),
    {}};
}

} // namespace

TEST_CASE("an observation counts overall and in each of its slices") {
  metric_table table;
  REQUIRE(table.add(seen(1, {{"writer", "w1"}, {"device", "pen"}})).ok());
  REQUIRE(table.add(seen(0, {{"writer", "w2"}, {"device", "pen"}})).ok());
  REQUIRE(table.add(seen(1)).ok());
  CHECK(table.cells().size() == 4);
  CHECK(table.find(overall())->count == 3);
  CHECK(*mean(*table.find(slice("device", "pen"))) == 0.5);
  CHECK(*mean(*table.find(slice("writer", "w1"))) == 1);
  CHECK(table.find(slice("writer", "w3")) == nullptr);
}

TEST_CASE("values beyond the bound share one cell and stay counted") {
  metric_table table{2};
  for (int round = 0; round < 3; ++round)
    for (const auto* writer : {"b", "c", "a", "d"})
      REQUIRE(table.add(seen(1, {{"writer", writer}, {"device", "pen"}})).ok());
  CHECK(table.find(slice("writer", "b"))->count == 3);
  CHECK(table.find(slice("writer", "c"))->count == 3);
  CHECK(table.find(slice("writer", "a")) == nullptr);
  CHECK(table.find(other("writer"))->count == 6);
  // Each attribute has its own bound.
  CHECK(table.find(slice("device", "pen"))->count == 12);
  REQUIRE(table.add(seen(1, {{"angle", "left"}})).ok());
  CHECK(table.find(slice("angle", "left"))->count == 1);
  CHECK(table.find(other("device")) == nullptr);
  CHECK(table.find(overall())->count == 13);
}

TEST_CASE("taking back an observation undoes it wherever it was counted") {
  metric_table table{1};
  const auto first = seen(1, {{"writer", "a"}});
  const auto second = seen(0.25, {{"writer", "b"}});
  REQUIRE(table.add(first).ok());
  const auto before = table.cells();
  REQUIRE(table.add(second).ok());
  REQUIRE(table.remove(second).ok());
  CHECK(table.find(other("writer"))->count == 0);
  CHECK(*table.find(overall()) == before.at(overall()));

  SECTION("and what was never counted is refused without any change") {
    const auto cells = table.cells();
    CHECK_FALSE(table.remove(second).ok());
    CHECK(table.cells() == cells);
  }
}

TEST_CASE("tables of parts merge into the table of the whole") {
  metric_table whole;
  metric_table left;
  metric_table right;
  for (int i = 0; i < 30; ++i) {
    const auto o = seen(i * 0.1, {{"writer", "w" + std::to_string(i % 7)}});
    REQUIRE(whole.add(o).ok());
    REQUIRE((i % 3 == 0 ? left : right).add(o).ok());
  }
  right.merge(left);
  CHECK(right.cells() == whole.cells());
}

TEST_CASE("changed cells are told once, and restored ones not at all") {
  metric_table table;
  REQUIRE(table.add(seen(1, {{"writer", "a"}})).ok());
  CHECK(
    table.take_changed() ==
    std::set<metric_key>{overall(), slice("writer", "a")});
  CHECK(table.take_changed().empty());
  metric_table loaded;
  for (const auto& [key, cell] : table.cells())
    loaded.restore(key, cell);
  CHECK(loaded.take_changed().empty());
  CHECK(loaded.cells() == table.cells());
}

TEST_CASE("feedback is a number if it is a thumb or a number") {
  CHECK(numeric(true) == 1.0);
  CHECK(numeric(false) == 0.0);
  CHECK(numeric(2.5) == 2.5);
  CHECK_FALSE(numeric(std::string{"7"}));
}
