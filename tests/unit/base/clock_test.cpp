#include "base/clock.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace ratchet;
using namespace std::chrono_literals;

TEST_CASE("iso8601 is UTC with milliseconds, before 1970 too", "[base]") {
  CHECK(to_iso8601(from_ms(0)) == "1970-01-01T00:00:00.000Z");
  CHECK(to_iso8601(from_ms(-1)) == "1969-12-31T23:59:59.999Z");
  CHECK(to_iso8601(from_ms(-1000)) == "1969-12-31T23:59:59.000Z");
  // date -u -d @951782400: the leap day of a century year divisible by 400.
  CHECK(to_iso8601(from_ms(951782400123)) == "2000-02-29T00:00:00.123Z");
  CHECK(to_iso8601(from_ms(1787393730123)) == "2026-08-22T10:15:30.123Z");
}

TEST_CASE("a duration is shown in at most two units", "[base]") {
  CHECK(format_duration(0ms) == "0 ms");
  CHECK(format_duration(999ms) == "999 ms");
  CHECK(format_duration(1s) == "1s");
  CHECK(format_duration(1500ms) == "1s 500 ms");
  CHECK(format_duration(90s) == "1min 30s");
  CHECK(format_duration(2h + 30min + 5s) == "2h 30min");
  CHECK(format_duration(2h + 5s) == "2h");
  CHECK(format_duration(24h * 3650) == "3650d");
  CHECK(format_duration(-90s) == "-1min 30s");
  CHECK(
    format_duration(duration{std::numeric_limits<duration::rep>::min()}) ==
    "-106751991167d 7h");
}

TEST_CASE("a manual clock stands still until it is moved", "[base]") {
  manual_clock clock{from_ms(10)};
  CHECK(clock.now() == from_ms(10));
  clock.advance(5ms);
  CHECK(clock.now() == from_ms(15));
  clock.set(from_ms(3));
  CHECK(clock.now() == from_ms(3));
}
