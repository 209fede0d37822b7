#include "tests/unit/api/engine.hpp"
#include "tests/unit/api/recorded.hpp"
#include "tests/unit/storage/area_samples.hpp"
#include "workflows/loop_state.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>

using namespace ratchet;
using namespace std::chrono_literals;
using ratchet::test::code_of;
using ratchet::test::engine;
using ratchet::test::happened;

namespace {

workflows::areas_looked recorded(workflows::area_look look) {
  const auto sentence = workflows::area_sentence(look);
  return {std::move(look), sentence, from_ms(1'789'999'000'100)};
}
workflows::areas_looked found() {
  return recorded(test::sample_look());
}
workflows::areas_looked nothing(std::uint64_t rows) {
  auto look = test::sample_look();
  look.areas.clear();
  look.rows = rows;
  if (rows == 0)
    look.error.reset();
  return recorded(std::move(look));
}

void declare(engine& it) {
  it.node.definition("digits").areas = {
    {.metric = "accuracy", .by = {"age", "device"}, .every = 6h}};
}

} // namespace

TEST_CASE("areas are shown before any look", "[api][areas]") {
  engine it;
  CHECK(it.get_json("/v1/loops/digits/areas")["areas"].empty());
  declare(it);
  happened(it.node, {workflows::loop_adopted{it.clock.now() - 7h}});
  const auto all = it.get_json("/v1/loops/digits/areas");
  CHECK(all["loop"] == "digits");
  REQUIRE(all["areas"].size() == 1);
  const auto& one = all["areas"][0];
  CHECK(one["metric"] == "accuracy");
  CHECK(one["by"] == json({"age", "device"}));
  CHECK(one["every_ms"] == 21'600'000);
  CHECK(one["state"] == "not_looked");
  CHECK(one["look"].is_null());
  CHECK(one["next_look"] == to_iso8601(it.clock.now() + 5h));
  CHECK(it.get("/v1/loops/digits/areas?x=1").status == 400);
  CHECK(code_of(it.get("/v1/loops/nowhere/areas")) == "not_found");
}

TEST_CASE("the last look is shown with every number", "[api][areas]") {
  engine it;
  declare(it);
  happened(
    it.node,
    {workflows::loop_adopted{it.clock.now() - 7h}, nothing(100), found()});
  const auto one = it.get_json("/v1/loops/digits/areas")["areas"][0];
  CHECK(one["state"] == "found");
  CHECK(one["current"] == true);
  CHECK(one["event"] == 2);
  CHECK(
    one["sentence"].get<std::string>().find(
      "loses most where age is 30 or more and device is tablet") !=
    std::string::npos);
  const auto& look = one["look"];
  CHECK(look["version"] == 3);
  CHECK(look["rows"] == 1'000);
  CHECK(look["sample"] == 0.5);
  CHECK(look["candidates"] == 1'234);
  CHECK(look["digest"] == "0123456789abcdef");
  CHECK(
    look["error"] == json({{"value", 0.175}, {"low", 0.15}, {"high", 0.2}}));
  REQUIRE(look["areas"].size() == 1);
  const auto& area = look["areas"][0];
  CHECK(area["area"] == "age is 30 or more and device is tablet");
  CHECK(
    area["where"] ==
    json::array(
      {{{"attribute", "age"}, {"from", 30.0}},
       {{"attribute", "device"}, {"is", "tablet"}}}));
  CHECK(
    area["impact"] == json({{"value", 0.058}, {"low", 0.03}, {"high", 0.09}}));
  CHECK(area["evidence"] == 12.5);
  CHECK(area["examples"] == json({"it-7", "it-9"}));
  // Its decision record says the same.
  const auto record = it.get_json("/v1/loops/digits/decisions")["decisions"];
  CHECK(record[2]["type"] == "areas_looked");
  CHECK(record[2]["look"] == look);
}

TEST_CASE("why there is no area is a state", "[api][areas]") {
  engine it;
  declare(it);
  happened(it.node, {nothing(0)});
  const auto state = [&] {
    return it.get_json("/v1/loops/digits/areas")["areas"][0];
  };
  CHECK(state()["state"] == "no_data");
  CHECK(state()["look"]["error"].is_null());
  happened(it.node, {nothing(1'000)});
  CHECK(state()["state"] == "none");
  CHECK(
    state()["sentence"].get<std::string>().find(
      "of 1234 combinations of attributes in 1000 interactions, 3 looked "
      "worse") != std::string::npos);
  // What was found of one champion is old news with the next.
  happened(
    it.node,
    {found(),
     workflows::champion_moved{
       workflows::move_kind::promotion,
       {},
       version_number{3},
       iteration_number{1},
       "iteration 1",
       "better",
       it.clock.now()}});
  CHECK(state()["state"] == "found");
  CHECK(state()["current"] == false);
}

TEST_CASE("a condition on areas says what it waits for", "[api][areas]") {
  engine it;
  declare(it);
  workflows::trigger_condition condition;
  condition.kind = workflows::condition_kind::area;
  condition.source = "accuracy";
  condition.area = {0.01, 200};
  auto& definition = it.node.definition("digits");
  definition.trigger.condition = condition;
  happened(it.node, {found()});
  const auto shown = it.get_json("/v1/loops/digits/triggers");
  CHECK(shown["condition"]["kind"] == "area");
  CHECK(
    shown["condition"]["condition"] ==
    "area_of(\"accuracy\", {.impact = 0.01, .rows = 200})");
  CHECK(shown["condition"]["holds"] == true);
}
