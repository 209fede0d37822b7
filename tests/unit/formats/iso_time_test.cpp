#include "formats/iso_time.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using namespace ratchet::formats;

TEST_CASE("moments are read with their offset", "[formats][time]") {
  // date -u -d 2026-08-22T10:15:30Z +%s, coreutils 9.1.
  const auto moment = from_ms(1'787'393'730'000);
  for (const auto* text :
       {"2026-08-22T10:15:30Z", "2026-08-22t10:15:30.000z",
        "2026-08-22 12:15:30+02:00", "2026-08-22T05:45:30-0430",
        "2026-08-23T09:15:30+23:00", "2026-08-22T10:15:30.0009999Z"})
    CHECK(parse_iso8601(text) == moment);
  CHECK(parse_iso8601("2026-08-22T10:15:30.5Z") == moment + duration{500});
  CHECK(
    parse_iso8601("2026-08-22T10:15:30,123456789Z") == moment + duration{123});
  CHECK(
    parse_iso8601("2016-12-31T23:59:60Z") ==
    parse_iso8601("2017-01-01T00:00:00Z"));
  CHECK(parse_iso8601("1969-12-31T23:59:59.999Z") == from_ms(-1));
  for (const std::int64_t ms : {0L, 951'782'400'123L, 4'102'444'799'999L})
    CHECK(parse_iso8601(to_iso8601(from_ms(ms))) == from_ms(ms));
}

TEST_CASE("what is no moment is refused", "[formats][time]") {
  for (const auto* text :
       {"", "now", "2026-08-22", "2026-08-22T10:15:30", "2026-08-22T10:15Z",
        "2026-02-30T10:15:30Z", "2025-02-29T10:15:30Z", "2026-13-01T10:15:30Z",
        "2026-08-22T24:00:00Z", "2026-08-22T10:60:00Z", "2026-08-22T10:15:61Z",
        "2026-08-22T10:15:30.Z", "2026-08-22T10:15:30+24:00",
        "2026-08-22T10:15:30+2:00", "2026-08-22T10:15:30Zx",
        "2026-8-22T10:15:30Z", "+026-08-22T10:15:30Z"})
    CHECK_FALSE(parse_iso8601(text));
}
