#include "tests/unit/api/engine.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace ratchet;
using ratchet::test::engine;

namespace {

workflows::iteration_started start_of(std::uint64_t number) {
  workflows::iteration_started start;
  start.loop = "digits";
  start.number = iteration_number{number};
  start.champion = version_number{2};
  start.data_from = sequence{10 * (number - 1)};
  start.data_to = sequence{10 * number};
  start.at = from_ms(1'789'999'000'000);
  start.admits.versions = {{version_number{2}, version_number{1}}};
  start.admits.closed = {{sequence{3}, sequence{5}}};
  return start;
}

/// Iterations of "digits" with a data set each; only the first has written it.
void run_two(engine& it) {
  auto& digits = it.node.definition("digits");
  workflows::stage_definition dataset;
  dataset.name = "dataset";
  dataset.kind = workflows::stage_kind::dataset;
  dataset.dataset.channel = "correction";
  digits.stages.insert(digits.stages.begin(), dataset);
  const auto plan = workflows::fingerprint(digits);
  const auto loop = it.node.number("digits");
  workflows::admission_counts counts;
  counts.admitted = {{version_number{1}, 3}, {version_number{2}, 4}};
  counts.stale = {{version_number{0}, 2}};
  counts.window_closed = 1;
  counts.carried_over = 2;
  workflows::stage_result output;
  output.values = workflows::values_of(counts);
  output.values["unmatched"] = "6";
  storage::write_batch batch;
  storage::put_definition(batch, loop, plan, digits);
  for (std::uint64_t n = 1; n <= 2; ++n) {
    auto start = start_of(n);
    start.fingerprint = plan;
    std::vector<workflows::iteration_event> events{
      start, workflows::attempt_started{"dataset", 1, start.at, start.at}};
    if (n == 1)
      events.push_back(
        workflows::stage_succeeded{"dataset", 1, start.at, output});
    workflows::iteration folded;
    std::uint32_t index = 0;
    for (const auto& event : events) {
      storage::record(batch, loop, start.number, index++, event);
      workflows::apply(digits, folded, event);
    }
    storage::put_summary(batch, loop, workflows::summarize(folded));
  }
  it.node.commit(batch);
}

} // namespace

TEST_CASE("what each iteration used and refused is told", "[api]") {
  engine it;
  run_two(it);
  const auto all = it.get_json("/v1/loops/digits/admissions");
  CHECK(all["loop"] == "digits");
  CHECK(all["timing"] == "open");
  CHECK(all["next_before"].is_null());
  REQUIRE(all["iterations"].size() == 2);
  const auto& first = all["iterations"][1];
  CHECK(first["iteration"] == 1);
  CHECK(first["admits"]["versions"] == json{2, 1});
  CHECK(first["admits"]["closed"] == json::parse("[[3,5]]"));
  REQUIRE(first["datasets"].size() == 1);
  CHECK(
    first["datasets"][0] ==
    json::parse(R"({"stage":"dataset","channel":"correction",
      "whole_history":true,"status":"succeeded","admitted":7,
      "admitted_by_version":{"1":3,"2":4},"carried_over":2,"repeated":0,
      "dropped":{"stale":2,"stale_by_version":{"0":2},"window_closed":1,
        "late":0,"unusable":0,"unmatched":6}})"));
  const auto& second = all["iterations"][0];
  CHECK(second["datasets"][0]["status"] == "running");
  CHECK_FALSE(second["datasets"][0].contains("admitted"));
}

TEST_CASE("admissions come in pages", "[api]") {
  engine it;
  run_two(it);
  const auto page = it.get_json("/v1/loops/digits/admissions?limit=1");
  CHECK(page["iterations"][0]["iteration"] == 2);
  CHECK(page["next_before"] == 2);
  const auto rest = it.get_json("/v1/loops/digits/admissions?limit=1&before=2");
  CHECK(rest["iterations"][0]["iteration"] == 1);
  CHECK(rest["next_before"].is_null());
  CHECK(it.get("/v1/loops/digits/admissions?limit=0x").status == 400);
  CHECK(it.get("/v1/loops/nowhere/admissions").status == 404);
}
