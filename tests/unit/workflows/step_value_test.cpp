#include "ratchet/step_value.hpp"

#include "seeds.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>
#include <limits>

using namespace ratchet;
using ratchet::detail::read_value;
using ratchet::detail::write_value;

namespace {

template <class T>
std::string text_of(const T& value) {
  std::string out;
  REQUIRE(write_value(out, value));
  return out;
}

template <class T>
bool reads(std::string_view text) {
  T value{};
  return read_value(text, value) && text.empty();
}

template <class T>
void comes_back(const T& value) {
  const auto text = text_of(value);
  std::string_view rest = text;
  T read{};
  INFO(text);
  REQUIRE(read_value(rest, read));
  CHECK(rest.empty());
  CHECK(read == value);
}

} // namespace

TEST_CASE("values are recorded as JSON", "[steps]") {
  CHECK(text_of(true) == "true");
  CHECK(text_of(-42) == "-42");
  CHECK(
    text_of(std::uint64_t{18446744073709551615U}) == "18446744073709551615");
  CHECK(text_of(0.1) == "0.1");
  CHECK(
    text_of(std::string{"a \"b\" \\ \n \xC3\xA9"}) ==
    "\"a \\\"b\\\" \\\\ \\u000a \xC3\xA9\"");
  CHECK(text_of(std::vector<int>{1, 2, 3}) == "[1,2,3]");
  CHECK(text_of(std::vector<bool>{true, false}) == "[true,false]");
  CHECK(
    text_of(std::map<std::string, std::vector<double>>{
      {"a", {}}, {"b", {1.5}}}) == "{\"a\":[],\"b\":[1.5]}");
}

TEST_CASE("values come back as they were", "[steps]") {
  comes_back(false);
  comes_back(std::int8_t{-128});
  comes_back(std::numeric_limits<std::int64_t>::min());
  comes_back(std::numeric_limits<std::uint64_t>::max());
  comes_back(0.1F);
  comes_back(std::numeric_limits<double>::denorm_min());
  comes_back(std::numeric_limits<double>::max());
  comes_back(std::string{});
  comes_back(std::string{"\0\x7f\x1f", 3});
  comes_back(std::vector<std::vector<std::string>>{{}, {"x"}, {"y", "z"}});
  comes_back(std::map<std::string, std::map<std::string, int>>{
    {"", {}}, {"a", {{"b", 1}}}});
}

TEST_CASE("doubles come back bit for bit", "[steps]") {
  workflows::testing::dice random{7};
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t bits =
      (random.below(1ULL << 32U) << 32U) | random.below(1ULL << 32U);
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    std::string text;
    if (!write_value(text, value)) {
      CHECK_FALSE(std::isfinite(value));
      continue;
    }
    std::string_view rest = text;
    double read = 0;
    REQUIRE(read_value(rest, read));
    REQUIRE(std::memcmp(&read, &value, sizeof value) == 0);
  }
}

TEST_CASE("what JSON cannot say is not recorded", "[steps]") {
  std::string out;
  CHECK_FALSE(write_value(out, std::numeric_limits<double>::infinity()));
  CHECK_FALSE(write_value(out, std::nan("")));
  for (const char* text :
       {"\xFF", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"})
    CHECK_FALSE(write_value(out, std::string{text}));
}

TEST_CASE("another type does not read it", "[steps]") {
  CHECK_FALSE(reads<int>("\"1\""));
  CHECK_FALSE(reads<int>("1.5"));
  CHECK_FALSE(reads<std::int8_t>("128"));
  CHECK_FALSE(reads<unsigned>("-1"));
  CHECK_FALSE(reads<bool>("1"));
  CHECK_FALSE(reads<std::string>("1"));
  CHECK_FALSE(reads<std::string>("\"open"));
  CHECK_FALSE(reads<std::string>("\"\\u00e9\""));
  CHECK_FALSE(reads<std::vector<int>>("[1,]"));
  CHECK_FALSE(reads<std::vector<int>>("{}"));
  CHECK_FALSE((reads<std::map<std::string, int>>("{\"a\":\"b\"}")));
  CHECK(reads<double>("1"));
}
