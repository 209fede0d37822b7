#include "analysis/moments.hpp"

#include "analysis/hash.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;

namespace {

moments cell_of(const std::vector<double>& values) {
  moments cell;
  for (const auto value : values)
    REQUIRE(add(cell, value).ok());
  return cell;
}

/// `first` and then `low`, `high` in turn, 500 times: NIST's NumAcc sets.
std::vector<double> alternating(double first, double low, double high) {
  std::vector<double> values{first};
  for (int i = 0; i < 500; ++i) {
    values.push_back(low);
    values.push_back(high);
  }
  return values;
}

} // namespace

TEST_CASE("mean and deviation are those certified by NIST", "[moments]") {
  // NIST StRD, univariate: NumAcc1 to NumAcc4; the last ones ruin a naive sum
  // of squares.
  const auto check = [](const std::vector<double>& values, double m, double s) {
    const auto cell = cell_of(values);
    // Values are rounded to multiples of 2^-32.
    CHECK(*mean(cell) == Approx(m).margin(0x1p-33));
    CHECK(std::sqrt(*variance(cell)) == Approx(s).epsilon(1e-8));
  };
  check({10000001, 10000003, 10000002}, 10000002, 1);
  check(alternating(1.2, 1.1, 1.3), 1.2, 0.1);
  check(alternating(1000000.2, 1000000.1, 1000000.3), 1000000.2, 0.1);
  check(alternating(10000000.2, 10000000.1, 10000000.3), 10000000.2, 0.1);
}

TEST_CASE("order, cutting and taking back leave no trace", "[moments]") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    std::vector<double> values;
    for (std::uint64_t i = 0; i < 40; ++i)
      values.push_back(
        (to_unit(draw(seed, i)) - 0.5) * std::exp2(draw(seed, 100 + i) % 32));
    const auto whole = cell_of(values);
    const std::vector<double> reversed(values.rbegin(), values.rend());
    CHECK(cell_of(reversed) == whole);
    auto left = cell_of({values.begin(), values.begin() + 13});
    const auto right = cell_of({values.begin() + 13, values.end()});
    merge(left, right);
    CHECK(left == whole);
    for (std::size_t i = 13; i < values.size(); ++i)
      REQUIRE(remove(left, values[i]).ok());
    CHECK(left == cell_of({values.begin(), values.begin() + 13}));
  }
}

TEST_CASE("the widest values and counts do not overflow", "[moments]") {
  const auto most = std::nextafter(0x1p31, 0);
  auto cell = cell_of({most, -most});
  CHECK(*mean(cell) == 0);
  CHECK(*variance(cell) == Approx(2 * 0x1p62));
  // Doubled 40 times: 2^41 values.
  for (int i = 0; i < 40; ++i)
    merge(cell, moments{cell});
  CHECK(cell.count == std::uint64_t{1} << 41);
  CHECK(*mean(cell) == 0);
  CHECK(*variance(cell) == Approx(0x1p62));
}

TEST_CASE("what cannot be counted is refused and changes nothing") {
  auto cell = cell_of({1.5});
  const auto before = cell;
  for (const auto bad :
       {std::nan(""), std::numeric_limits<double>::infinity(), 0x1p31,
        -0x1p31}) {
    CHECK(add(cell, bad).err().code == errc::invalid_argument);
    CHECK(remove(cell, bad).err().code == errc::invalid_argument);
  }
  CHECK(cell == before);
  moments empty;
  CHECK(remove(empty, 1).err().code == errc::invalid_argument);
}

TEST_CASE("no data is none, not zero", "[moments]") {
  CHECK_FALSE(mean({}));
  CHECK_FALSE(variance(cell_of({3})));
  CHECK(*variance(cell_of({3, 3})) == 0);
  CHECK_FALSE(share_interval({}, 0.95));
  CHECK_FALSE(mean_interval(cell_of({3}), 0.95));
}

TEST_CASE("Wilson's interval is the published one", "[moments]") {
  // Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
  struct example {
    std::uint64_t successes, n;
    double low, high;
  };
  for (const auto& e :
       {example{81, 263, 0.2553, 0.3662}, example{15, 148, 0.0624, 0.1605},
        example{0, 20, 0, 0.1611}, example{1, 29, 0.0061, 0.1718}}) {
    const auto i = wilson_interval(e.successes, e.n, 0.95);
    CHECK(i.low == Approx(e.low).margin(5e-5));
    CHECK(i.high == Approx(e.high).margin(5e-5));
  }
  CHECK(wilson_interval(20, 20, 0.95).high == 1);
  const auto cell = cell_of({0, 1, 1, 1, 0});
  CHECK(share_interval(cell, 0.9)->low == wilson_interval(3, 5, 0.9).low);
}

TEST_CASE("the mean's interval is Student's", "[moments]") {
  // R 4: t.test(sleep$extra[11:20] - sleep$extra[1:10]) gives 0.7001142 to
  // 2.4598858 around 1.58.
  const auto i = mean_interval(
    cell_of({1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4}), 0.95);
  CHECK(i->low == Approx(0.7001142).margin(1e-6));
  CHECK(i->high == Approx(2.4598858).margin(1e-6));
}
