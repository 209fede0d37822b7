#include "cli/log_output.hpp"
#include "formats/json.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

using namespace ratchet;
using namespace ratchet::cli;

namespace {

std::string logged(
  log_format format, std::string_view message,
  std::initializer_list<log_field> fields = {}) {
  std::string out;
  log_output log{format, log_level::info, out};
  log.write(log_level::warning, message, fields);
  return out;
}

} // namespace

TEST_CASE("a log line is a JSON object, whatever it holds", "[cli]") {
  const auto nasty = GENERATE(
    as<std::string>{}, "quote \" and \\ backslash", "line\nfeed\r\ttab",
    std::string{"nul \0 byte", 10}, "\x1b[31m escape \x7f",
    "bad \xFF\xC3 utf-8 \xE2\x82", "{\"level\":\"forged\"}\n{\"x\":1}",
    "%s {} {0} %v", "Grüße, 世界 \xF0\x9F\x98\x80", "");
  const auto line = logged(log_format::json, nasty, {{"value", nasty}});
  CAPTURE(line);
  CHECK(std::count(line.begin(), line.end(), '\n') == 1);
  CHECK(line.back() == '\n');
  const auto parsed = parse_json(line, "log line");
  REQUIRE(parsed.ok());
  CHECK(parsed->size() == 4);
  CHECK((*parsed)["level"] == "warning");
  CHECK((*parsed)["msg"] == (*parsed)["value"]);
  if (nasty.find('\xFF') == std::string::npos)
    CHECK((*parsed)["msg"].get<std::string>() == nasty);
  else
    CHECK((*parsed)["msg"].get<std::string>().find("\xEF\xBF\xBD") == 4);
  // No raw control character reaches a terminal that shows the log.
  CHECK(std::none_of(line.begin(), line.end() - 1, [](unsigned char c) {
    return c < 0x20 || c == 0x7F;
  }));
}

TEST_CASE("a log line says when, in UTC to the millisecond", "[cli]") {
  const auto parsed = parse_json(logged(log_format::json, "hello"), "log line");
  REQUIRE(parsed.ok());
  const auto at = (*parsed)["ts"].get<std::string>();
  CHECK(at.size() == std::string{"2026-08-22T10:15:30.123Z"}.size());
  CHECK(at[10] == 'T');
  CHECK(at.back() == 'Z');
}

TEST_CASE("a field cannot take the place of the line's own", "[cli]") {
  const auto parsed = parse_json(
    logged(log_format::json, "hello", {{"level", "debug"}, {"ts", "0"}}),
    "log line");
  REQUIRE(parsed.ok());
  CHECK((*parsed)["level"] == "warning");
  CHECK((*parsed)["_level"] == "debug");
  CHECK((*parsed)["_ts"] == "0");
}

TEST_CASE("text logs are one line per call too", "[cli]") {
  const auto line = logged(log_format::text, "a\nb", {{"loop", "x\x1b[2Jy"}});
  CHECK(line.substr(12) == " warning a b  loop=x [2Jy\n");
}

TEST_CASE("what is below the level is not written", "[cli]") {
  std::string out;
  log_output log{log_format::json, log_level::error, out};
  log.write(log_level::warning, "no", {});
  CHECK(out.empty());
  log.write(log_level::error, "yes", {});
  CHECK_FALSE(out.empty());
  CHECK(parse_log_level("warning") == log_level::warning);
  CHECK_FALSE(parse_log_level("loud").has_value());
}
