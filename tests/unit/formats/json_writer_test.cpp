#include "formats/json_writer.hpp"

#include "formats/json.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <random>

using namespace ratchet;
using namespace ratchet::formats;

namespace {

std::string as_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}
std::string as_number(double value) {
  std::string out;
  append_json_number(out, value);
  return out;
}

} // namespace

TEST_CASE("the writer puts commas where they belong", "[formats][json]") {
  std::string out;
  json_writer w{out};
  w.begin_object().field("n", -3).field("u", ~std::uint64_t{0});
  w.field("text", "a\"b").field("yes", true).field("x", 0.5);
  w.key("list").begin_array().value(1).begin_array().end_array().null();
  w.begin_object().end_object().end_array();
  w.key("raw").raw("[1,\n 2]").field_unless_empty("none", "");
  w.field("is", std::optional{7}).field("is_not", std::optional<bool>{});
  w.end_object();
  CHECK(
    out ==
    R"({"n":-3,"u":18446744073709551615,"text":"a\"b","yes":true,"x":0.5,)"
    R"("list":[1,[],null,{}],"raw":[1,  2],"is":7,"is_not":null})");
}

TEST_CASE("strings are escaped so that they read back", "[formats][json]") {
  CHECK(as_string("\b\f\n\r\t\"\\/") == R"("\b\f\n\r\t\"\\/")");
  CHECK(
    as_string(std::string_view{"\0\x1F\x7F", 3}) == R"("\u0000\u001f\u007f")");
  CHECK(
    as_string("gr\xC3\xBCn \xF0\x9F\x98\x80") ==
    "\"gr\xC3\xBCn \xF0\x9F\x98\x80\"");
  // What is no UTF-8 is replaced, byte by byte.
  CHECK(as_string("a\xFFz\xC3") == "\"a\xEF\xBF\xBDz\xEF\xBF\xBD\"");
  std::mt19937 random{11};
  for (int round = 0; round < 2'000; ++round) {
    std::string text;
    for (std::size_t i = random() % 20; i > 0; --i)
      text += static_cast<char>(random());
    const auto read = parse_json(as_string(text), "text");
    REQUIRE(read);
    CHECK(read->is_string());
  }
}

TEST_CASE("numbers are the shortest that read back", "[formats][json]") {
  CHECK(as_number(0.1) == "0.1");
  CHECK(as_number(1e300) == "1e+300");
  CHECK(as_number(5e-324) == "5e-324");
  CHECK(as_number(3) == "3");
  CHECK(as_number(std::numeric_limits<double>::infinity()) == "null");
  CHECK(as_number(std::numeric_limits<double>::quiet_NaN()) == "null");
  CHECK(std::stod(as_number(1.0 / 3)) == 1.0 / 3);
}

TEST_CASE("reading JSON names the byte of a mistake", "[formats][json]") {
  CHECK(
    parse_json("{\"a\":}", "x.json").err().message ==
    "x.json: malformed JSON at byte 5");
  CHECK(to_text(json{{"a", "\xFF"}}) == "{\"a\":\"\xEF\xBF\xBD\"}");
}
