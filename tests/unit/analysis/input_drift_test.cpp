#include "analysis/input_drift.hpp"
#include "tests/unit/analysis/random_values.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace ratchet::analysis;

TEST_CASE("Kolmogorov's distribution is SciPy's", "[input_drift]") {
  // SciPy 1.10.1: scipy.stats.kstwobign.sf.
  struct row {
    double x, tail;
  };
  for (const auto& r :
       {row{0.3, 0.9999906941986655}, row{0.5, 0.9639452436648751},
        row{0.8, 0.5441424115741981}, row{1.0, 0.26999967167735456},
        row{1.17, 0.12939004218561884}, row{1.19, 0.11774229287977166},
        row{1.3581, 0.0499996304316674}, row{2.5, 7.453306344157342e-06}})
    CHECK(kolmogorov_tail(r.x) == Approx(r.tail).epsilon(1e-10));
  CHECK(kolmogorov_tail(0) == 1);
  CHECK(kolmogorov_tail(1e-3) == 1);
  CHECK(kolmogorov_tail(50) == 0);
}

TEST_CASE("two samples are compared as by SciPy", "[input_drift]") {
  // SciPy 1.10.1: ks_2samp(a, b).statistic, and kstwobign.sf of it times
  // sqrt(80 * 60 / 140).
  std::vector<double> a;
  std::vector<double> b;
  for (int i = 0; i < 80; ++i)
    a.push_back((i * 37 % 101) / 101.0);
  for (int i = 0; i < 60; ++i)
    b.push_back(std::pow((i * 53 % 97) / 97.0, 1.3));
  const auto test = kolmogorov_smirnov(a, b);
  CHECK(test->distance == Approx(0.15416666666666667).epsilon(1e-12));
  CHECK(test->p_value == Approx(0.38900316544527824).epsilon(1e-9));
  std::reverse(a.begin(), a.end());
  CHECK(kolmogorov_smirnov(b, a)->distance == test->distance);
}

TEST_CASE("ties, constants and small samples", "[input_drift]") {
  const std::vector<double> constant(60, 3.0);
  CHECK(kolmogorov_smirnov(constant, constant)->p_value == 1);
  const std::vector<double> other(60, 4.0);
  CHECK(kolmogorov_smirnov(constant, other)->distance == 1);
  CHECK(kolmogorov_smirnov(constant, other)->p_value < 1e-10);
  const std::vector<double> few(49, 3.0);
  CHECK_FALSE(kolmogorov_smirnov(few, constant));
  CHECK_FALSE(kolmogorov_smirnov(constant, few));
}

TEST_CASE("no change is rarely called one", "[input_drift]") {
  // 400 tests at 5 %: 20 expected, 38 is four standard errors above.
  int ks = 0;
  int chi = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    testing::random_values random{seed};
    std::vector<double> a;
    std::vector<double> b;
    std::vector<category_counts> counts(6);
    for (int i = 0; i < 200; ++i) {
      a.push_back(random.normal());
      b.push_back(random.normal());
      // Skewed, so that some categories are rare.
      const auto pick = [&] {
        const auto u = random.unit();
        return static_cast<std::size_t>(6 * u * u * u);
      };
      ++counts[pick()].before;
      ++counts[pick()].after;
    }
    ks += kolmogorov_smirnov(a, b)->p_value <= 0.05 ? 1 : 0;
    chi += compare_categories(counts)->p_value <= 0.05 ? 1 : 0;
  }
  CHECK(ks <= 38);
  CHECK(ks >= 4);
  CHECK(chi <= 38);
  CHECK(chi >= 4);
}

TEST_CASE("categories are compared as by SciPy", "[input_drift]") {
  // SciPy 1.10.1: chi2_contingency(correction=False) and jensenshannon
  // squared; the stability index by its formula in NumPy.
  const std::vector<category_counts> counts{
    {120, 90}, {60, 80}, {20, 45}, {9, 11}};
  const auto shift = compare_categories(counts);
  CHECK(shift->chi_square == Approx(16.31879735308938).epsilon(1e-10));
  CHECK(shift->degrees == 3);
  CHECK(shift->p_value == Approx(0.0009754695835924502).epsilon(1e-9));
  CHECK(shift->stability_index == Approx(0.15149053581067223).epsilon(1e-9));
  CHECK(shift->jensen_shannon == Approx(0.01910230780049563).epsilon(1e-9));
}

TEST_CASE("rare categories are tested as one", "[input_drift]") {
  // SciPy 1.10.1, of the table with its last row joined to the one before.
  const std::vector<category_counts> counts{
    {120, 90}, {60, 80}, {20, 45}, {3, 2}, {0, 1}};
  const auto shift = compare_categories(counts);
  CHECK(shift->degrees == 2);
  CHECK(shift->chi_square == Approx(15.430821017759278).epsilon(1e-10));
  CHECK(shift->p_value == Approx(0.00044590237997584314).epsilon(1e-9));
}

TEST_CASE("one category is no shift, a new one is large", "[input_drift]") {
  const std::vector<category_counts> one{{100, 200}};
  CHECK(compare_categories(one)->p_value == 1);
  CHECK(compare_categories(one)->stability_index == 0);
  CHECK(compare_categories(one)->jensen_shannon == 0);
  const std::vector<category_counts> moved{{100, 0}, {0, 100}};
  CHECK(compare_categories(moved)->jensen_shannon == Approx(std::log(2)));
  CHECK(std::isfinite(compare_categories(moved)->stability_index));
  CHECK(compare_categories(moved)->stability_index > 5);
  const std::vector<category_counts> few{{49, 100}};
  CHECK_FALSE(compare_categories(few));
  CHECK_FALSE(compare_categories({}));
}
