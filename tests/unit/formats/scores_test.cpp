#include "formats/scores.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using namespace ratchet::formats;

namespace {

auto read(const std::string& text) {
  return read_scores(text, "acc", "scores.jsonl");
}

std::string refused(const std::string& text) {
  const auto scores = read(text);
  REQUIRE_FALSE(scores);
  CHECK(scores.err().code == errc::invalid_argument);
  return scores.err().message;
}

} // namespace

TEST_CASE("scores of two models are paired by sample", "[formats][scores]") {
  const auto scores = read(
    R"({"sample_id":"b","metric":"acc","model":"champion","score":1})"
    "\n\n"
    R"({"sample_id":"a","metric":"acc","model":"challenger","score":0.5})"
    "\n"
    R"({"sample_id":"b","metric":"f1","model":"challenger","score":9})"
    "\r\n"
    R"({"sample_id":"b","metric":"acc","model":"challenger","score":false,)"
    R"("slice":{"writer":"w3","device":"pen"}})");
  REQUIRE(scores);
  REQUIRE(scores->size() == 2);
  const auto& a = (*scores)[0];
  CHECK(a.id == "a");
  CHECK_FALSE(a.champion);
  CHECK(a.challenger == 0.5);
  const auto& b = (*scores)[1];
  CHECK(b.champion == 1.0);
  CHECK(b.challenger == 0.0);
  CHECK(b.slices == std::vector<std::string>{"device=pen", "writer=w3"});
}

TEST_CASE("a line may hold both scores", "[formats][scores]") {
  const auto scores =
    read(R"({"sample_id":7,"metric":"acc","champion":1,"challenger":0})");
  REQUIRE(scores);
  REQUIRE(scores->size() == 1);
  CHECK((*scores)[0].id == "7");
  CHECK((*scores)[0].champion == 1.0);
  CHECK((*scores)[0].challenger == 0.0);
}

TEST_CASE("an error in scores names line and field", "[formats][scores]") {
  const std::string good =
    R"({"sample_id":"s","metric":"acc","model":"champion","score":1})";
  CHECK(
    refused(good + "\n{\"sample_id\":") ==
    "scores.jsonl, line 2: malformed JSON at byte 13");
  CHECK(
    refused(R"({"metric":"acc","champion":1})") ==
    "scores.jsonl, line 1: field \"sample_id\": is missing");
  CHECK(
    refused(good + "\n\n" + good) ==
    "scores.jsonl, line 3: sample \"s\" has a second score of the champion");
  CHECK_THAT(
    refused(R"({"sample_id":"s","metric":"acc","model":"best","score":1})"),
    Catch::Contains("\"best\" is neither"));
  CHECK_THAT(
    refused(R"({"sample_id":"s","metric":"acc","model":"champion"})"),
    Catch::Contains("field \"score\": is missing"));
  CHECK_THAT(
    refused(R"({"sample_id":"s","metric":"acc","score":1})"),
    Catch::Contains("field \"model\": is missing"));
  CHECK_THAT(
    refused(R"({"sample_id":"s","metric":"acc","champion":"1"})"),
    Catch::Contains("field \"champion\": expected a number"));
  CHECK_THAT(
    refused(R"({"sample_id":"s","metric":"acc","champion":1e999})"),
    Catch::Contains("line 1"));
  // Python's json.dumps writes this.
  CHECK_THAT(
    refused(R"({"sample_id":"s","metric":"acc","champion":NaN})"),
    Catch::Contains("line 1"));
  // A mistake in another metric's line is a mistake too.
  CHECK_THAT(
    refused(R"({"sample_id":"s","metric":"f1","champion":null})"),
    Catch::Contains("field \"champion\""));
}

TEST_CASE(
  "a metric without scores names those there are", "[formats][scores]") {
  const auto scores =
    read(R"({"sample_id":"s","metric":"f1","champion":1,"challenger":1})");
  REQUIRE_FALSE(scores);
  CHECK(scores.err().code == errc::not_found);
  CHECK_THAT(scores.err().message, Catch::Contains("only of \"f1\""));
  CHECK(read("\n")->empty());
}

TEST_CASE("scores are bounded", "[formats][scores]") {
  const std::string row =
    R"({"sample_id":"s","metric":"acc","champion":1,"challenger":1})";
  const auto code = [&](score_limits limits) {
    return read_scores(row, "acc", "s", limits).err().code;
  };
  CHECK(code({.bytes = 10}) == errc::resource_limit);
  CHECK(code({.line_bytes = 10}) == errc::resource_limit);
  CHECK(code({.samples = 0}) == errc::resource_limit);
  CHECK(
    read_scores_file("/no/such/scores.jsonl", "acc").err().code ==
    errc::not_found);
}
