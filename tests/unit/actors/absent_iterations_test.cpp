#include "actors/detail/absent_iterations.hpp"

#include "workflows/sleep.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace ratchet;
using actors::detail::absent_iterations;

namespace {

constexpr iteration_number one{1};
constexpr iteration_number two{2};
constexpr iteration_number three{3};

std::vector<iteration_number> reads(absent_iterations& absent) {
  std::vector<iteration_number> out;
  while (const auto number = absent.next_read())
    out.push_back(*number);
  return out;
}

} // namespace

TEST_CASE("sleepers are read in the order in which they are due", "[actors]") {
  counter asleep{0};
  absent_iterations absent{asleep};
  CHECK_FALSE(absent.next_due());
  absent.sleep(one, from_ms(30));
  absent.sleep(two, from_ms(10));
  absent.sleep(three, from_ms(20));
  CHECK(absent.next_due() == from_ms(10));
  CHECK(asleep == 3);
  absent.wake_due(from_ms(9));
  CHECK(reads(absent).empty());
  absent.wake_due(from_ms(20));
  CHECK(reads(absent) == std::vector{two, three});
  CHECK(absent.next_due() == from_ms(30));
  CHECK(asleep == 1);
}

TEST_CASE("a sleeper without a time wakes only when asked for", "[actors]") {
  counter asleep{0};
  absent_iterations absent{asleep};
  absent.sleep(one, workflows::no_wake_up);
  CHECK_FALSE(absent.next_due());
  absent.wake_due(from_ms(1'000'000'000));
  CHECK(reads(absent).empty());
  absent.wake(one);
  CHECK(reads(absent) == std::vector{one});
}

TEST_CASE("an iteration is read once however often it is woken", "[actors]") {
  counter asleep{0};
  absent_iterations absent{asleep};
  absent.sleep(one, from_ms(10));
  absent.wake(one);
  absent.wake(one);
  absent.wake_due(from_ms(10));
  CHECK(reads(absent) == std::vector{one});
  absent.wake(one);
  CHECK(reads(absent).empty());
  absent.arrived(one);
  CHECK(reads(absent).empty());
  absent.sleep(one, from_ms(20));
  absent.wake(one);
  CHECK(reads(absent) == std::vector{one});
}

TEST_CASE("few are read at a time, those asked for first", "[actors]") {
  counter asleep{0};
  absent_iterations absent{asleep};
  const auto most = absent_iterations::most_reads;
  for (std::uint64_t n = 1; n <= most + 2; ++n)
    absent.sleep(iteration_number{n}, from_ms(10));
  absent.wake_due(from_ms(10));
  const iteration_number asked{99};
  absent.wake(asked);
  const auto first = reads(absent);
  REQUIRE(first.size() == most);
  CHECK(first.front() == asked);
  absent.arrived(asked);
  CHECK(reads(absent) == std::vector{iteration_number{most}});
}

TEST_CASE("a loop that goes takes its sleepers off the count", "[actors]") {
  counter asleep{0};
  {
    absent_iterations first{asleep};
    absent_iterations second{asleep};
    first.sleep(one, from_ms(10));
    second.sleep(one, from_ms(10));
    second.sleep(two, from_ms(10));
    CHECK(asleep == 3);
  }
  CHECK(asleep == 0);
}
