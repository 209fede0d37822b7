#include "analysis/heavy_hitters.hpp"
#include "tests/unit/analysis/random_values.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <string>

using namespace ratchet::analysis;

namespace {

using true_counts = std::map<std::string, std::uint64_t>;

/// Skewed: item i about as often as 1 / i.
std::string skewed_item(testing::random_values& random) {
  return std::to_string(static_cast<int>(std::exp(6 * random.unit())));
}

void check_bounds(const heavy_hitters& sketch, const true_counts& truth) {
  std::map<std::string, heavy_hitter> held;
  for (const auto& item : sketch.items()) {
    const auto real = truth.contains(item.item) ? truth.at(item.item) : 0;
    CHECK(real <= item.count);
    CHECK(item.count <= real + item.error);
    CHECK(item.error <= sketch.total() / sketch.counters());
    held[item.item] = item;
  }
  for (const auto& [item, count] : truth)
    if (count > sketch.total() / sketch.counters())
      CHECK(held.contains(item));
}

} // namespace

TEST_CASE("the least counted item is evicted", "[heavy_hitters]") {
  // By hand, after Metwally et al. (2005), section 3: two counters.
  heavy_hitters sketch{2};
  for (const auto* item : {"x", "y", "y", "z"})
    sketch.add(item);
  CHECK(sketch.items() == std::vector<heavy_hitter>{{"y", 2, 0}, {"z", 2, 1}});
  // A tie: the smallest name goes.
  sketch.add("a");
  CHECK(sketch.items() == std::vector<heavy_hitter>{{"a", 3, 2}, {"z", 2, 1}});
  CHECK(sketch.total() == 5);
}

TEST_CASE("counters keep their bounds, merged too", "[heavy_hitters]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    testing::random_values random{seed};
    heavy_hitters whole{20};
    heavy_hitters left{20};
    heavy_hitters right{20};
    true_counts truth;
    for (int i = 0; i < 2'000; ++i) {
      const auto item = skewed_item(random);
      ++truth[item];
      whole.add(item);
      (i % 3 == 0 ? left : right).add(item);
    }
    check_bounds(whole, truth);
    auto merged = left;
    merged.merge(right);
    check_bounds(merged, truth);
    right.merge(left);
    CHECK(merged.items() == right.items());
    heavy_hitters again{20};
    again.restore(merged.items(), merged.total());
    again.add("new");
    merged.add("new");
    CHECK(again.items() == merged.items());
  }
}

TEST_CASE("with counters for all, counts are exact", "[heavy_hitters]") {
  heavy_hitters sketch{10};
  sketch.add("a", 3);
  sketch.add("b", 7);
  sketch.add("c", 0);
  heavy_hitters other{10};
  other.add("a", 5);
  sketch.merge(other);
  CHECK(sketch.items() == std::vector<heavy_hitter>{{"a", 8, 0}, {"b", 7, 0}});
}
