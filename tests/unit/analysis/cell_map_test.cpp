#include "analysis/detail/cell_map.hpp"

#include "tests/unit/analysis/random_values.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <string>
#include <utility>

using namespace ratchet;
using namespace ratchet::analysis;

namespace {

using int_cells = detail::cell_map<int>;

metric_key random_key(testing::random_values& random) {
  const auto text = [&random] {
    return std::string(
      random.below(12), static_cast<char>('a' + random.below(3)));
  };
  metric_key key;
  key.metric = text();
  key.version = version_number{random.below(3)};
  key.scope = static_cast<slice_scope>(1 + random.below(3));
  if (key.scope != slice_scope::overall)
    key.attribute = text();
  if (key.scope == slice_scope::slice)
    key.value = text();
  return key;
}

std::set<metric_key> changed_of(int_cells& cells) {
  std::set<metric_key> keys;
  cells.take_changed([&](const metric_key& key) {
    CHECK(keys.insert(key).second); // Each is told of once.
  });
  return keys;
}

/// What it is to be like.
struct model {
  std::map<metric_key, int> cells;
  std::set<metric_key> changed;
};

void check_same(int_cells& cells, model& expected) {
  CHECK(cells.all() == expected.cells);
  for (const auto& [key, cell] : expected.cells) {
    const auto* found = cells.find(place_of(key));
    REQUIRE(found != nullptr);
    CHECK(*found == cell);
  }
  CHECK(changed_of(cells) == std::exchange(expected.changed, {}));
  CHECK(changed_of(cells).empty());
}

} // namespace

TEST_CASE("a place is its key's", "[metrics]") {
  const places_of_metric places{"accuracy", version_number{3}};
  const auto slice = places.slice("writer", "ann");
  const metric_key key{
    "accuracy", version_number{3}, slice_scope::slice, "writer", "ann"};
  CHECK(key == slice);
  CHECK(key_of(slice) == key);
  CHECK(place_of(key).hash == slice.hash);
  CHECK_FALSE(key == places.slice("writer", "bob"));
  CHECK_FALSE(key == places.other("writer"));
  CHECK_FALSE(key == places.overall());
  CHECK_FALSE(
    key ==
    places_of_metric("accuracy", version_number{4}).slice("writer", "ann"));
  CHECK(
    places.other("writer").hash ==
    place_of(key_of(places.other("writer"))).hash);
}

TEST_CASE("cells are found, listed, and tell of changes", "[metrics]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    testing::random_values random{seed};
    int_cells cells;
    model expected;
    for (int i = 0; i < 2'000; ++i) {
      const auto key = random_key(random);
      const auto value = static_cast<int>(random.below(1'000));
      if (random.chance(0.1)) {
        cells.restore(key, value);
        expected.cells[key] = value;
      } else if (random.chance(0.5)) {
        cells.change(place_of(key)) += value;
        expected.cells[key] += value;
        expected.changed.insert(key);
      } else {
        const auto known = expected.cells.contains(key);
        CHECK((cells.find(place_of(key)) != nullptr) == known);
      }
      if (random.chance(0.01))
        check_same(cells, expected);
      if (random.chance(0.005)) {
        cells.change_all([](int& cell) { ++cell; });
        for (auto& [each, cell] : expected.cells) {
          ++cell;
          expected.changed.insert(each);
        }
      }
    }
    check_same(cells, expected);
  }
}

TEST_CASE("copies of cells have their own", "[metrics]") {
  testing::random_values random{7};
  int_cells original;
  model expected;
  for (int i = 0; i < 100; ++i) {
    const auto key = random_key(random);
    original.change(place_of(key)) = i;
    expected.cells[key] = i;
    expected.changed.insert(key);
  }
  auto copy = original;
  auto of_copy = expected;
  original.change_all([](int& cell) { cell = -1; });
  check_same(copy, of_copy);
  copy = original;
  auto moved = std::move(original);
  moved.change_all([](int& cell) { cell = -2; });
  for (auto& [key, cell] : expected.cells)
    cell = -2;
  check_same(moved, expected);
  for (const auto& [key, cell] : copy.all())
    CHECK(cell == -1);
  // What is left of a moved one is as good as new.
  original = {};
  CHECK(original.find(place_of(expected.cells.begin()->first)) == nullptr);
  original.change(place_of(expected.cells.begin()->first)) = 3;
  CHECK(original.all().size() == 1);
}
