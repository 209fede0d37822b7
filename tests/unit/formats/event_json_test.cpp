#include "formats/event_json.hpp"

#include "event_bodies.hpp"

using namespace ratchet;
using namespace ratchet::formats;
using namespace ratchet::formats::test;

TEST_CASE("an event goes out as it came in", "[formats][json]") {
  const auto check = [](const std::string& body, const std::string& expected) {
    std::string out;
    append_event_json({{7}, received, accepted(body).at(0)}, "digits", out);
    CHECK(out == expected);
  };
  check(
    R"({"kind":"interaction","id":"i\"1","version":3,"arm":"champion",
       "propensity":0.5,"slice":{"w":"x"},"input":{"a":
       [1]},"output":null,"subject":"s","metadata":{},
       "time":"2026-08-22T10:15:30.5Z"})",
    R"({"sequence":7,"received":"2026-08-22T10:15:30.000Z",)"
    R"("kind":"interaction","id":"i\"1","loop":"digits","version":3,)"
    R"("arm":"champion","propensity":0.5,"slice":{"w":"x"},)"
    R"("input":{"a":        [1]},"output":null,"subject":"s",)"
    R"("time":"2026-08-22T10:15:30.500Z","metadata":{}})");
  check(
    feedback("correction", "2"),
    R"({"sequence":7,"received":"2026-08-22T10:15:30.000Z",)"
    R"("kind":"feedback","id":"f1","loop":"digits","interaction_id":"i1",)"
    R"("channel":"correction","value":"2"})");
}

TEST_CASE("what went out can come in again", "[formats][json]") {
  for (const auto& body :
       {interaction(R"("version":2,"slice":{"b":"1","a":"2"},"output":"x")"),
        feedback("score", "0.1"), feedback("verdict", "false"),
        feedback("comment", R"("\u0001\"\n")")}) {
    const auto first = accepted(body).at(0);
    std::string out;
    append_event_json({{1}, received, first}, "digits", out);
    // Its place is the engine's to give.
    out.replace(1, out.find("\"kind\"") - 1, "");
    CHECK(accepted(out).at(0) == first);
  }
}
