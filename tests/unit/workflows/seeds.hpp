#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

/// Random choices of the model tests, all from one seed.

namespace ratchet::workflows::testing {

class dice {
public:
  explicit dice(std::uint64_t seed) : engine_(seed) {}

  /// A number in [0, n); n > 0. Not std::uniform_int_distribution, whose
  /// draws differ between libraries, and a seed must mean one run.
  std::size_t below(std::size_t n) {
    return static_cast<std::size_t>(engine_() % n);
  }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class Items>
  const auto& pick(const Items& items) {
    return items[below(items.size())];
  }

private:
  std::mt19937_64 engine_;
};

/// Runs `run(seed)`, which returns what went wrong or nothing, for `count`
/// seeds, or for the one in RATCHET_TEST_SEED, or for RATCHET_TEST_SEEDS of
/// them from that one on. Says how to repeat a failure. Under a sanitizer, for
/// a tenth of `count`: there a seed takes ten times as long, and what it looks
/// for shows in the first few.
template <class Run>
std::string first_failure(
  const std::string& test, std::uint64_t count, Run run,
  const std::string& program = "unit_workflows") {
  std::uint64_t first = 1;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  count /= 10;
#endif
  if (const char* only = std::getenv("RATCHET_TEST_SEED")) {
    first = std::strtoull(only, nullptr, 10);
    count = 1;
  }
  if (const char* many = std::getenv("RATCHET_TEST_SEEDS"))
    count = std::strtoull(many, nullptr, 10);
  for (auto seed = first; seed < first + count; ++seed) {
    const std::string wrong = run(seed);
    if (!wrong.empty())
      return wrong +
        "\nrepeat with: RATCHET_TEST_SEED=" + std::to_string(seed) + " " +
        program + " \"" + test + "\"";
  }
  return {};
}

} // namespace ratchet::workflows::testing
