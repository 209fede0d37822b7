#include "analysis/moments.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace ratchet::analysis;

namespace {

/// Of values given as whole multiples of `unit`.
moments cell_of(const std::vector<int>& values, double unit) {
  moments cell;
  for (const auto value : values)
    REQUIRE(add(cell, value / unit).ok());
  return cell;
}

} // namespace

TEST_CASE("NIST StRD Michelso: mean and deviation as certified", "[moments]") {
  // 100 measurements of the speed of light in air, 299,000 + x km/s.
  const auto cell = cell_of(
    {299850, 299740, 299900, 300070, 299930, 299850, 299950, 299980, 299980,
     299880, 300000, 299980, 299930, 299650, 299760, 299810, 300000, 300000,
     299960, 299960, 299960, 299940, 299960, 299940, 299880, 299800, 299850,
     299880, 299900, 299840, 299830, 299790, 299810, 299880, 299880, 299830,
     299800, 299790, 299760, 299800, 299880, 299880, 299880, 299860, 299720,
     299720, 299620, 299860, 299970, 299950, 299880, 299910, 299850, 299870,
     299840, 299840, 299850, 299840, 299840, 299840, 299890, 299810, 299810,
     299820, 299800, 299770, 299760, 299740, 299750, 299760, 299910, 299920,
     299890, 299860, 299880, 299720, 299840, 299850, 299850, 299780, 299890,
     299840, 299780, 299810, 299760, 299810, 299790, 299810, 299820, 299850,
     299870, 299870, 299810, 299740, 299810, 299940, 299950, 299800, 299810,
     299870},
    1'000);
  CHECK(cell.count == 100);
  CHECK(*mean(cell) == Approx(299.852400000000).margin(0x1p-33));
  CHECK(std::sqrt(*variance(cell)) == Approx(0.0790105478190518).epsilon(1e-8));
}

TEST_CASE("NIST StRD Mavro: mean and deviation as certified", "[moments]") {
  // 50 transmittances of a filter.
  const auto cell = cell_of(
    {200180, 200170, 200180, 200190, 200180, 200170, 200150, 200140, 200150,
     200150, 200170, 200180, 200180, 200190, 200190, 200210, 200200, 200160,
     200140, 200130, 200130, 200150, 200150, 200160, 200150, 200140, 200130,
     200140, 200150, 200140, 200150, 200160, 200150, 200160, 200190, 200200,
     200200, 200210, 200220, 200230, 200240, 200250, 200270, 200260, 200260,
     200260, 200270, 200260, 200250, 200240},
    100'000);
  CHECK(cell.count == 50);
  CHECK(*mean(cell) == Approx(2.001856).margin(0x1p-33));
  // Values are rounded to multiples of 2^-32, deviations are 4e-4.
  CHECK(
    std::sqrt(*variance(cell)) == Approx(0.000429123454003053).epsilon(1e-6));
}

TEST_CASE("a part taken back leaves the cell of the rest", "[moments]") {
  auto whole = cell_of({3, -5, 8, 1}, 7);
  subtract(whole, cell_of({-5, 1}, 7));
  CHECK(whole == cell_of({8, 3}, 7));
  subtract(whole, moments{whole});
  CHECK(whole == moments{});
}
