#include "tests/unit/api/engine.hpp"

#include "api/trigger_reader.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace ratchet;
using Catch::Matchers::Contains;
using ratchet::test::code_of;
using ratchet::test::engine;

namespace {

std::string message_of(const api::http_response& answer) {
  return json::parse(answer.body).at("error").at("message");
}

std::string mistake(const char* trigger) {
  const auto read = api::read_trigger(json::parse(trigger));
  return read ? std::string{} : read.err().message;
}

} // namespace

TEST_CASE("a trigger is read as it is shown", "[api][backtest]") {
  engine it;
  const auto shown =
    it.get_json("/v1/loops/digits").at("definition").at("trigger");
  const auto read = api::read_trigger(shown);
  REQUIRE(read.ok());
  REQUIRE(read->condition);
  CHECK(to_text(*read->condition) == "feedback_count(\"correction\", 300)");

  const auto tree = api::read_trigger(json::parse(R"({"condition":
    {"kind":"any_of","of":[
      {"kind":"all_of","of":[
        {"kind":"every","interval_ms":3600000},
        {"kind":"feedback_count","channel":"verdict","count":5}]},
      {"kind":"at_least_of","count":1,"of":[
        {"kind":"cron","schedule":"0 2 * * *","zone":"Europe/Berlin"},
        {"kind":"champion_age","age_ms":1000,"hysteresis":true},
        {"kind":"webhook","name":"new-data"},
        {"kind":"promoted","loop":"base"}]},
      {"kind":"drop","metric":"accuracy","rule":
        {"below":0.9,"mean_days_between_false_alarms":7}}]},
    "cooldown_ms":60000,"minimum":10,"busy":"skip",
    "budget":{"starts":4,"window_ms":86400000},
    "compute_budget":{"running_ms":1000,"window_ms":5000}})"));
  INFO((tree ? std::string{} : tree.err().message));
  REQUIRE(tree.ok());
  REQUIRE(tree->condition->children.size() == 3);
  CHECK(tree->condition->children[1].children[1].hysteresis);
  CHECK(tree->condition->children[2].drop.limit == 0.9);
  CHECK(tree->condition->children[2].drop.days == 7);
  CHECK(tree->cooldown == std::chrono::minutes{1});
  CHECK(tree->busy == workflows::when_busy::skip);
  CHECK(tree->budget.starts == 4);
  CHECK(tree->compute.window == std::chrono::seconds{5});
}

TEST_CASE("a mistake in a trigger is named with its place", "[api][backtest]") {
  CHECK(mistake("[]") == "trigger is no object");
  CHECK(
    mistake(R"({"cooldown":5})") ==
    "trigger has an unknown member \"cooldown\"");
  CHECK(
    mistake(R"({"condition":{"kind":"any_of","of":[
      {"kind":"feedback_count","channel":"x","count":-1}]}})") ==
    "trigger.condition.of[0].count is no whole number from 0");
  CHECK_THAT(
    mistake(R"({"condition":{"kind":"luck"}})"),
    Contains("trigger.condition.kind is \"luck\"; give one of feedback_count"));
  CHECK_THAT(
    mistake(R"({"condition":{"kind":"drop","metric":"accuracy"}})"),
    Contains("trigger.condition has no \"rule\""));
}

TEST_CASE("a back-test answers with both", "[api][backtest]") {
  engine it;
  const auto answer =
    it.post("/v1/loops/digits/backtest", R"({"policy":"digits"})");
  REQUIRE(answer.status == 200);
  const auto report = json::parse(answer.body);
  CHECK(report.at("loop") == "digits");
  CHECK(report.at("whole") == true);
  CHECK(report.at("would").is_array());
  CHECK(report.at("did").is_array());
  CHECK(report.at("iteration_ms").is_number());
}

TEST_CASE("a back-test that cannot be says why", "[api][backtest]") {
  engine it;
  const auto refuse = [&](const char* body) {
    return it.post("/v1/loops/digits/backtest", body);
  };
  CHECK_THAT(message_of(refuse("{}")), Contains("\"policy\" is missing"));
  CHECK(code_of(refuse(R"({"policy":"nobody"})")) == "not_found");
  CHECK_THAT(
    message_of(refuse(R"({"policy":"nobody"})")),
    Contains("no loop is called \"nobody\""));
  // What the loop does not have, its trigger cannot ask for.
  CHECK_THAT(
    message_of(refuse(R"({"policy":{"condition":
      {"kind":"feedback_count","channel":"stars","count":5}}})")),
    Contains("stars"));
  CHECK(
    code_of(refuse(R"({"policy":"digits","iteration_ms":"soon"})")) ==
    "invalid_argument");
  CHECK(
    code_of(it.post("/v1/loops/nope/backtest", R"({"policy":"digits"})")) ==
    "not_found");
}
