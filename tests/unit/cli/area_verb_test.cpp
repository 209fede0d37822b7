#include "cli/invocation.hpp"
#include "cli/verbs.hpp"
#include "fake_engine.hpp"

#include <variant>

using namespace ratchet;
using namespace ratchet::cli;

namespace {

constexpr auto found = R"json({"loop":"digits","areas":[
{"metric":"accuracy","by":["device"],"every_ms":21600000,
 "next_look":"2026-08-22T16:00:00.000Z","state":"found","current":true,
 "sentence":"accuracy of version 3 loses most where device is tablet",
 "look":{"metric":"accuracy","version":3,"as_of":"2026-08-22T10:00:00.000Z",
  "rows":48200,"sample":0.5,"areas":[
   {"area":"device is tablet",
    "volume":{"value":0.25,"low":0.22,"high":0.28},
    "error":{"value":0.4,"low":0.31,"high":0.49},
    "gap":{"value":0.3,"low":0.18,"high":0.42},
    "impact":{"value":0.05625,"low":0.031,"high":0.09},
    "evidence":12.53,"examples":["q7","q9"]}]}},
{"metric":"speed","by":["device"],"every_ms":21600000,
 "next_look":"2026-08-22T16:00:00.000Z","state":"not_looked","current":false,
 "sentence":"speed has not been looked at for areas yet","look":null}]})json";

} // namespace

TEST_CASE_METHOD(
  verb_fixture, "areas are shown with their intervals", "[cli][areas]") {
  fake.answers("GET /v1/loops/digits/areas", found);
  REQUIRE(show_areas(context, "digits").ok());
  const auto text = out.text();
  CHECK(text.find("accuracy: 48,200 interactions, as of ") == 0);
  CHECK(text.find("(a sample of 50.0%)") != std::string::npos);
  CHECK(text.find("loses most where device is tablet\n") != std::string::npos);
  CHECK(
    text.find("device is tablet  25.0% (22.0 to 28.0)  0.4 (0.31 to 0.49)  "
              "0.3 (0.18 to 0.42)  0.056 (0.031 to 0.09)      12.5  q7 q9") !=
    std::string::npos);
  CHECK(text.find("\n\nspeed; next look ") != std::string::npos);
  CHECK(
    text.find("speed has not been looked at for areas yet\n") !=
    std::string::npos);
}

TEST_CASE_METHOD(verb_fixture, "a loop without looks says so", "[cli][areas]") {
  fake.answers("GET /v1/loops/digits/areas", R"({"areas":[]})");
  REQUIRE(show_areas(context, "digits").ok());
  CHECK(out.text() == "no metric is looked at for areas\n");
  const auto parsed = parse_arguments("ratchet", {"areas", "digits"});
  REQUIRE(std::holds_alternative<invocation>(parsed));
  CHECK(std::get<invocation>(parsed).verb == "areas");
  CHECK(std::get<invocation>(parsed).loop == "digits");
}
