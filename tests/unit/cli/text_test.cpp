#include "cli/text.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace ratchet;
using namespace ratchet::cli;
using namespace std::chrono_literals;

TEST_CASE("text of others cannot steer the terminal", "[cli]") {
  CHECK(printable("a\x1b[31mb\r\nc\x7f") == "a [31mb  c ");
  CHECK(
    printable("\xC2\x9B"
              "1m") == " 1m"); // CSI as one C1 character.
  CHECK(
    printable("\xE2\x80\xAE"
              "abc") == " abc"); // Right-to-left override.
  CHECK(
    printable("\xFF"
              "a\xC3") ==
    "\xEF\xBF\xBD"
    "a\xEF\xBF\xBD");
  CHECK(printable("Grüße, 世界") == "Grüße, 世界");
}

TEST_CASE("text is cut to cells, not bytes", "[cli]") {
  CHECK(display_width("Grüße") == 5);
  CHECK(display_width("世界") == 4);
  CHECK(display_width("e\xCC\x81") == 1); // A combining accent.
  CHECK(fit("regression", 10) == "regression");
  CHECK(fit("regression", 6) == "regre…");
  CHECK(fit("世界世界", 6) == "世界…");
  CHECK(fit("世界世界", 4) == "世…");
  CHECK(fit("ab", 1) == "…");
  CHECK(fit("ab", 0).empty());
}

TEST_CASE("durations have two units at most", "[cli]") {
  CHECK(short_duration(850ms) == "850ms");
  CHECK(short_duration(2100ms) == "2.1s");
  CHECK(short_duration(59s) == "59s");
  CHECK(short_duration(72s) == "1m12s");
  CHECK(short_duration(2h + 5min) == "2h05m");
  CHECK(short_duration(99h) == "4d03h");
  CHECK(short_duration(-5s) == "0ms");
}

TEST_CASE("times are told from now", "[cli]") {
  const auto now = from_ms(1'000'000'000);
  CHECK(relative_time(now - 5s, now) == "5s ago");
  CHECK(relative_time(now - 90s, now) == "1m30s ago");
  CHECK(relative_time(now + 3min, now) == "in 3m00s");
  CHECK(relative_time(now + 400ms, now) == "now");
  CHECK(relative_time(time_point{}, now) == "never");
}

TEST_CASE("numbers read well", "[cli]") {
  CHECK(with_commas(0) == "0");
  CHECK(with_commas(999) == "999");
  CHECK(with_commas(1000) == "1,000");
  CHECK(with_commas(1234567) == "1,234,567");
  CHECK(decimal(0.9400, 4) == "0.94");
  CHECK(decimal(12, 3) == "12.0");
  CHECK(decimal(99.6, 0) == "100");
  CHECK(byte_size(1023) == "1023 B");
  CHECK(byte_size(1536) == "1.5 KiB");
}

TEST_CASE("a bar is as wide as it should be, whatever it shows", "[cli]") {
  for (const double done : {-1.0, 0.0, 0.01, 0.33, 0.999, 1.0, 7.0})
    CHECK(display_width(bar(done, 24)) == 24);
  CHECK(bar(0.5, 4) == "██░░");
  CHECK(bar(0.625, 4) == "██▌░");
}
