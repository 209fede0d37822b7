#include "analysis/adwin.hpp"
#include "tests/unit/analysis/random_values.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;

namespace {

/// Seeds the Mersenne Twister as Python does: its init_by_array with one
/// number.
class python_seed {
public:
  using result_type = std::uint32_t;

  explicit python_seed(std::uint32_t seed) : seed_(seed) {}

  template <class Iterator>
  void generate(Iterator first, Iterator last) const {
    constexpr std::size_t n = 624;
    REQUIRE(last - first == n);
    std::vector<std::uint32_t> state(n);
    state[0] = 19'650'218;
    for (std::uint32_t i = 1; i < n; ++i)
      state[i] = 1'812'433'253U * (state[i - 1] ^ (state[i - 1] >> 30)) + i;
    std::size_t i = 1;
    const auto mixed = [&] { return state[i - 1] ^ (state[i - 1] >> 30); };
    const auto step = [&] {
      if (++i >= n) {
        state[0] = state[n - 1];
        i = 1;
      }
    };
    for (std::size_t k = 0; k < n; ++k, step())
      state[i] = (state[i] ^ (mixed() * 1'664'525U)) + seed_;
    for (std::size_t k = 0; k + 1 < n; ++k, step())
      state[i] =
        (state[i] ^ (mixed() * 1'566'083'941U)) - static_cast<std::uint32_t>(i);
    state[0] = 0x80000000U;
    std::copy(state.begin(), state.end(), first);
  }

private:
  std::uint32_t seed_;
};

/// random.Random(seed).choices(range(first, last), k = 1000), appended.
void append_choices(
  std::vector<double>& list, std::mt19937& engine, int first, int last) {
  for (int k = 0; k < 1'000; ++k) {
    const auto high = static_cast<double>(engine() >> 5);
    const auto low = static_cast<double>(engine() >> 6);
    const auto unit = (high * 67'108'864 + low) / 9'007'199'254'740'992;
    list.push_back(first + std::floor(unit * (last - first)));
  }
}

/// As river reports them: its detector starts anew after each.
std::vector<std::size_t> cuts_of(const std::vector<double>& values) {
  adwin window;
  std::vector<std::size_t> cuts;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (*window.observe(values[i])) {
      cuts.push_back(i);
      window = adwin{};
    }
  return cuts;
}

using indexes = std::vector<std::size_t>;

} // namespace

TEST_CASE("ADWIN cuts where river does: numpy's stream", "[adwin]") {
  // river's test of ADWIN: numpy.random.seed(12345), randint(2) and randint(8)
  // of size 1000 each. Before the fix of issue 1614 it was 1055.
  std::mt19937 engine{12'345};
  std::vector<double> values;
  for (int i = 0; i < 1'000; ++i)
    values.push_back(engine() & 1);
  for (int i = 0; i < 1'000; ++i)
    values.push_back(engine() & 7);
  CHECK(cuts_of(values) == indexes{1'023});
}

TEST_CASE("ADWIN cuts where river does: Python's streams", "[adwin]") {
  python_seed docs_seed{12'345};
  std::mt19937 docs{docs_seed};
  std::vector<double> values;
  append_choices(values, docs, 0, 2);
  append_choices(values, docs, 4, 8);
  CHECK(cuts_of(values) == indexes{1'023});

  // Four segments: {0, 1} and {4..7}, twice.
  python_seed seed{42};
  std::mt19937 engine{seed};
  values.clear();
  for (int i = 0; i < 2; ++i) {
    append_choices(values, engine, 0, 2);
    append_choices(values, engine, 4, 8);
  }
  CHECK(cuts_of(values) == indexes{1'023, 2'015, 3'007});
}

TEST_CASE("the window holds what was said of it", "[adwin]") {
  testing::random_values random{5};
  adwin window;
  std::vector<double> values;
  for (int i = 0; i < 3'000; ++i) {
    values.push_back(random.unit() + (i >= 2'000 ? 0.5 : 0));
    REQUIRE(window.observe(values.back()).ok());
    const auto n = static_cast<std::size_t>(window.width());
    double sum = 0;
    for (auto k = values.size() - n; k < values.size(); ++k)
      sum += values[k];
    if (i % 100 == 0)
      REQUIRE(window.mean() == Approx(sum / static_cast<double>(n)));
  }
  // After the change the window reaches back no further than it.
  CHECK(window.width() <= 1'000 + 32);
  CHECK(window.width() > 800);
  CHECK(window.mean() == Approx(1).margin(0.05));
  CHECK(window.variance() == Approx(1.0 / 12).margin(0.01));
}

TEST_CASE("ADWIN keeps all of a constant stream", "[adwin]") {
  adwin window;
  CHECK(window.mean() == 0);
  CHECK(window.variance() == 0);
  for (int i = 0; i < 500; ++i)
    CHECK_FALSE(*window.observe(0.7));
  CHECK(window.width() == 500);
  CHECK(window.variance() == Approx(0).margin(1e-12));
  const auto bad = window.observe(std::numeric_limits<double>::quiet_NaN());
  CHECK(bad.err().code == errc::invalid_argument);
  CHECK(window.width() == 500);
}
