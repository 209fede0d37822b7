#include "actors/detail/silence.hpp"

#include <catch2/catch.hpp>

#include <chrono>

using ratchet::actors::detail::silence;
using namespace std::chrono_literals;

TEST_CASE("silence is too long once it has lasted", "[actors][heartbeat]") {
  const silence::clock::time_point start{1h};
  silence listening{30s, start};
  CHECK_FALSE(listening.is_too_long(0, start + 29s));
  CHECK_FALSE(listening.is_too_long(1, start + 29'900ms)); // A sign.
  CHECK_FALSE(listening.is_too_long(1, start + 59s));
  CHECK(listening.is_too_long(1, start + 59'900ms));
}

TEST_CASE("silence is looked for often enough", "[actors][heartbeat]") {
  const silence::clock::time_point now;
  CHECK(silence{8h, now}.interval() == 1s);
  CHECK(silence{800ms, now}.interval() == 100ms);
  CHECK(silence{1ms, now}.interval() == 10ms);
}
