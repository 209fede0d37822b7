#include "workflows/cron.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using namespace ratchet::workflows;

TEST_CASE("a schedule comes next when its zone's calendar says", "[cron]") {
  struct row {
    const char* schedule;
    const char* zone;
    std::int64_t after_s;
    const char* next;
  };
  // Expected: a search minute by minute with Python 3.11's zoneinfo.
  const auto r = GENERATE(
    row{"30 2 * * *", "UTC", 1787393730, "2026-08-23T02:30:00.000Z"},
    row{"30 2 * * *", "Europe/Berlin", 1787393700, "2026-08-23T00:30:00.000Z"},
    // Clocks go from 2:00 to 3:00: at the end of the gap.
    row{"30 2 * * *", "Europe/Berlin", 1774699200, "2026-03-29T01:00:00.000Z"},
    // 2:30 comes twice: the first time, and not the second.
    row{"30 2 * * *", "Europe/Berlin", 1792843200, "2026-10-25T00:30:00.000Z"},
    row{"30 2 * * *", "Europe/Berlin", 1792888200, "2026-10-26T01:30:00.000Z"},
    row{
      "*/20 8-18/2 * * MON-FRI", "America/New_York", 1795218300,
      "2026-11-23T13:00:00.000Z"},
    // Day of month or weekday, where both are given.
    row{"0 0 13 * 5", "UTC", 1770940800, "2026-02-20T00:00:00.000Z"},
    row{
      "15,45 23 31 * *", "Asia/Kolkata", 1775001600,
      "2026-05-31T17:45:00.000Z"},
    row{"0 12 29 FEB *", "UTC", 1767225600, "2028-02-29T12:00:00.000Z"},
    row{
      "@weekly", "Australia/Lord_Howe", 1790985600, "2026-10-03T13:30:00.000Z"},
    // A gap of half an hour.
    row{
      "10 2 * * *", "Australia/Lord_Howe", 1790985600,
      "2026-10-03T15:30:00.000Z"},
    row{"5/25 * * * 7", "UTC", 1795910399, "2026-11-29T00:05:00.000Z"});
  CAPTURE(r.schedule, r.zone, r.after_s);
  const auto schedule = parse_cron(r.schedule);
  REQUIRE(schedule.ok());
  const auto next = next_time(*schedule, r.zone, from_ms(r.after_s * 1000));
  REQUIRE(next.ok());
  CHECK(to_iso8601(*next) == r.next);
  // Strictly after: what is due now is not due again.
  const auto later = next_time(*schedule, r.zone, *next);
  REQUIRE(later.ok());
  CHECK(*later > *next);
}

TEST_CASE("what is no schedule says which field and why", "[cron]") {
  struct row {
    const char* schedule;
    const char* part;
  };
  const auto r = GENERATE(
    row{"", "has 0 fields"}, row{"* * * *", "has 4 fields"},
    row{"60 * * * *", "\"60\" is no minute"},
    row{"* 24 * * *", "\"24\" is no hour"},
    row{"* * 0 * *", "\"0\" is no day of month"},
    row{"* * * 13 *", "\"13\" is no month"},
    row{"* * * * 8", "\"8\" is no weekday"}, row{"*/0 * * * *", "is no minute"},
    row{"5-1 * * * *", "is no minute"}, row{"1,,2 * * * *", "is no minute"},
    row{"-1 * * * *", "is no minute"}, row{"* * * FEBR *", "is no month"},
    row{"1x * * * *", "is no minute"});
  CAPTURE(r.schedule);
  const auto schedule = parse_cron(r.schedule);
  REQUIRE_FALSE(schedule.ok());
  CHECK(schedule.err().code == errc::invalid_argument);
  CHECK_THAT(schedule.err().message, Catch::Contains(r.part));
}

TEST_CASE("a day that never comes and a zone that is none", "[cron]") {
  const auto never = next_time(*parse_cron("0 0 30 2 *"), "UTC", from_ms(0));
  REQUIRE_FALSE(never.ok());
  CHECK_THAT(never.err().message, Catch::Contains("no day"));
  const auto nowhere = next_time(*parse_cron("@daily"), "Mars/X", from_ms(0));
  REQUIRE_FALSE(nowhere.ok());
  CHECK_THAT(nowhere.err().message, Catch::Contains("Mars/X"));
}
