#include "analysis/split.hpp"

#include "analysis/assign.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <string>

using namespace ratchet::analysis;

namespace {

std::string name(int i) {
  return "i-" + std::to_string(i);
}

} // namespace

TEST_CASE("draws are those of splitmix64", "[hash]") {
  // The first outputs for seed 1234567, as listed at Rosetta Code
  // (Pseudo-random numbers/Splitmix64).
  CHECK(draw(1234567, 0) == 6457827717110365317ULL);
  CHECK(draw(1234567, 1) == 3203168211198807973ULL);
  CHECK(draw(1234567, 2) == 9817491932198370423ULL);
  CHECK(draw(1234567, 3) == 4593380528125082431ULL);
  CHECK(draw(1234567, 4) == 16408922859458223821ULL);
}

TEST_CASE("splits and assignments never change", "[hash]") {
  // Computed once by a Python version of salted_hash, written from its
  // description. Stored datasets rely on it: do not adapt these.
  CHECK(salted_hash("digits", "i-1") == 0x75db879d5999d302ULL);
  CHECK(salted_hash("digits", "") == 0xa3e3c43905f53337ULL);
  CHECK(salted_hash("", "digits") == 0xd7b1c489847f8bb2ULL);
}

TEST_CASE("the split has the declared size and does not depend on the rest") {
  constexpr int n = 20'000;
  int eval = 0;
  int both = 0;
  for (int i = 0; i < n; ++i) {
    const auto side = split_of(name(i), "digits", 0.2);
    eval += side == split_side::eval ? 1 : 0;
    both += side == split_side::eval &&
        split_of(name(i), "tickets", 0.2) == split_side::eval
      ? 1
      : 0;
    // Growing the eval share moves nothing back to train.
    if (side == split_side::eval)
      CHECK(split_of(name(i), "digits", 0.3) == split_side::eval);
    CHECK(split_of(name(i), "digits", 0) == split_side::train);
    CHECK(split_of(name(i), "digits", 1) == split_side::eval);
  }
  // Five standard errors; fixed inputs, so this never flickers.
  CHECK(std::abs(eval - 0.2 * n) < 5 * std::sqrt(n * 0.2 * 0.8));
  // Another salt splits independently.
  CHECK(std::abs(both - 0.04 * n) < 5 * std::sqrt(n * 0.04 * 0.96));
}

TEST_CASE("a unit keeps its arm, and the arms have their shares") {
  constexpr int n = 20'000;
  int challenged = 0;
  for (int i = 0; i < n; ++i) {
    const auto given = assign(name(i), "digits/4", 0.1);
    CHECK(given == assign(name(i), "digits/4", 0.1));
    if (given.which == arm::challenger) {
      ++challenged;
      CHECK(given.propensity == 0.1);
      CHECK(assign(name(i), "digits/4", 0.5).which == arm::challenger);
    } else {
      CHECK(given.propensity == 0.9);
    }
  }
  CHECK(std::abs(challenged - 0.1 * n) < 5 * std::sqrt(n * 0.1 * 0.9));
  CHECK(assign("u", "s", 0) == arm_assignment{arm::champion, 1});
  CHECK(assign("u", "s", 1) == arm_assignment{arm::challenger, 1});
}

TEST_CASE("ids that differ in a digit spread evenly", "[hash]") {
  // Chi-square over 64 buckets of sequential ids: 63 degrees of freedom, whose
  // 0.999 quantile is 103.4.
  constexpr int n = 64'000;
  std::array<int, 64> buckets{};
  for (int i = 0; i < n; ++i)
    ++buckets[to_index(salted_hash("digits", name(i)), 64)];
  double chi2 = 0;
  for (const auto count : buckets)
    chi2 += (count - 1000.0) * (count - 1000.0) / 1000.0;
  CHECK(chi2 < 103.4);
}
