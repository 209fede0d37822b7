#include "workflows/stage.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace ratchet;
using namespace ratchet::workflows;
using namespace std::chrono_literals;

namespace {

retry_policy plain() {
  retry_policy policy;
  policy.max_attempts = 10;
  policy.initial = 1s;
  policy.multiplier = 2;
  policy.cap = 10s;
  policy.jitter = 0;
  return policy;
}

} // namespace

TEST_CASE("a stage is tried as often as its policy says", "[stage]") {
  auto policy = plain();
  policy.max_attempts = 3;
  const attempt_failure crash{errc::io_error, "boom", 0, false};
  CHECK(may_retry(policy, crash, 1));
  CHECK(may_retry(policy, crash, 2));
  CHECK_FALSE(may_retry(policy, crash, 3));
  CHECK_FALSE(may_retry(retry_policy{}, crash, 1));
}

TEST_CASE("some failures are not tried again", "[stage]") {
  auto policy = plain();
  policy.non_retryable_exit_codes = {2, 64};
  const auto exits = [](int code) {
    return attempt_failure{errc::io_error, "exit", code, false};
  };
  CHECK(may_retry(policy, exits(1), 1));
  CHECK_FALSE(may_retry(policy, exits(2), 1));
  CHECK_FALSE(may_retry(policy, exits(64), 1));
  CHECK_FALSE(
    may_retry(policy, {errc::invalid_argument, "no such file", 0, false}, 1));
  CHECK(may_retry(policy, {errc::timed_out, "slow", 0, false}, 1));
}

TEST_CASE(
  "an attempt without an exit code is not taken for exit 0", "[stage]") {
  auto policy = plain();
  policy.non_retryable_exit_codes = {0};
  CHECK(may_retry(policy, {errc::timed_out, "slow", 0, false}, 1));
}

TEST_CASE("the delay grows by the multiplier up to the cap", "[stage]") {
  const auto policy = plain();
  CHECK(retry_delay(policy, 1, "x") == 1s);
  CHECK(retry_delay(policy, 2, "x") == 2s);
  CHECK(retry_delay(policy, 3, "x") == 4s);
  CHECK(retry_delay(policy, 4, "x") == 8s);
  CHECK(retry_delay(policy, 5, "x") == 10s);
  CHECK(
    retry_delay(policy, std::numeric_limits<std::uint32_t>::max(), "x") == 10s);
  auto flat = plain();
  flat.multiplier = 1;
  CHECK(
    retry_delay(flat, std::numeric_limits<std::uint32_t>::max(), "x") == 1s);
}

TEST_CASE("jitter spreads delays evenly and repeats itself", "[stage]") {
  auto policy = plain();
  policy.initial = 10s;
  policy.jitter = 0.5;
  double sum = 0;
  auto low = duration::max();
  auto high = duration::min();
  constexpr int draws = 1000;
  for (int i = 0; i < draws; ++i) {
    const auto id = "digits.7.train." + std::to_string(i);
    const auto delay = retry_delay(policy, 1, id);
    CHECK(delay == retry_delay(policy, 1, id));
    sum += static_cast<double>(delay.count());
    low = std::min(low, delay);
    high = std::max(high, delay);
  }
  CHECK(low >= 5s);
  CHECK(high <= 15s);
  // Uniform on [5 s, 15 s]: the mean of 1,000 draws has a standard error of
  // 10 s / sqrt(12 * 1000) = 91 ms, and the extremes lie within 1 % or so.
  CHECK(sum / draws == Approx(10000).margin(400));
  CHECK(low < 5200ms);
  CHECK(high > 14800ms);
}

TEST_CASE("a lost attempt hardly waits, but does not spin", "[stage]") {
  CHECK(lost_delay(1) == 100ms);
  CHECK(lost_delay(2) == 200ms);
  CHECK(lost_delay(max_lost_attempts) == 5s);
}
