#include "tests/unit/api/engine.hpp"

#include "analysis/live_experiment.hpp"
#include "tests/unit/storage/experiment_samples.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <memory>

using namespace ratchet;
using ratchet::test::code_of;
using ratchet::test::engine;

namespace {

/// Experiment 5 of "digits", as the samples have it, and 6, which was canceled.
void record_experiments(engine& it) {
  const auto loop = it.node.number("digits");
  storage::write_batch batch;
  storage::put_experiment(batch, loop, test::sample_experiment_summary());
  storage::put_experiment(batch, loop, test::sample_experiment_state());
  storage::put_experiment(batch, loop, test::sample_experiment_record());
  auto summary = test::sample_experiment_summary();
  summary.number = experiment_number{6};
  summary.verdict = {
    experiment_number{6},
    workflows::experiment_outcome::canceled,
    version_number{3},
    {},
    "experiment 6 was canceled: iteration 10 has left "
    "it"};
  auto state = test::sample_experiment_state();
  state.number = summary.number;
  storage::put_experiment(batch, loop, summary);
  storage::put_experiment(batch, loop, state);
  it.node.commit(batch);
}

void serve_experiment(engine& it) {
  auto with = std::make_shared<actors::served_experiment>();
  with->number = experiment_number{7};
  with->salt = "digits/7";
  with->shares = {0.75, 0.25};
  with->challengers = {
    {version_number{4}, std::string(64, 'b'), "model.b", {}}};
  it.node.serve(
    "digits",
    {version_number{3}, std::string(64, 'a'), "model.a", std::move(with)});
}

} // namespace

TEST_CASE("an experiment's units are assigned for good", "[api][experiment]") {
  engine it;
  serve_experiment(it);
  std::map<std::string, int> counts;
  for (int i = 0; i < 200; ++i) {
    const auto unit = "user-" + std::to_string(i);
    const auto path = "/v1/loops/digits/assignment?unit=" + unit;
    const auto answer = it.get_json(path);
    CHECK(it.get_json(path) == answer);
    const auto arm =
      analysis::assign_arm(unit, "digits/7", std::vector<double>{0.75, 0.25});
    CHECK(answer.at("arm") == (arm == 0 ? "champion" : "challenger"));
    CHECK(answer.at("version") == (arm == 0 ? 3 : 4));
    CHECK(answer.at("propensity") == (arm == 0 ? 0.75 : 0.25));
    CHECK(answer.at("experiment") == 7);
    CHECK(answer.at("shares") == json::array({0.75, 0.25}));
    CHECK(
      answer.at("artifact").at("name") == (arm == 0 ? "model.a" : "model.b"));
    ++counts[answer.at("arm").get<std::string>()];
  }
  CHECK(counts.size() == 2);
}

TEST_CASE("without a unit each request is one", "[api][experiment]") {
  engine it;
  serve_experiment(it);
  std::map<std::string, int> counts;
  for (int i = 0; i < 300; ++i)
    ++counts
      [it.get_json("/v1/loops/digits/assignment").at("arm").get<std::string>()];
  // 75 are expected of the challenger, with a deviation of 7.5.
  CHECK(counts["challenger"] > 30);
  CHECK(counts["challenger"] < 120);
}

TEST_CASE("experiments are listed, the newest first", "[api][experiment]") {
  engine it;
  record_experiments(it);
  const auto first = it.get_json("/v1/loops/digits/experiments?limit=1");
  REQUIRE(first.at("experiments").size() == 1);
  CHECK(first.at("experiments")[0].at("experiment") == 6);
  CHECK(first.at("experiments")[0].at("outcome") == "canceled");
  CHECK(first.at("next_before") == 6);
  const auto next = it.get_json("/v1/loops/digits/experiments?before=6");
  const auto& one = next.at("experiments").at(0);
  CHECK(one.at("experiment") == 5);
  CHECK(one.at("iteration") == 9);
  CHECK(one.at("champion") == 3);
  CHECK(one.at("challengers") == json::array({4}));
  CHECK(one.at("outcome") == "promote");
  CHECK(one.at("winner") == 4);
  CHECK(next.at("next_before").is_null());
}

TEST_CASE("an experiment is shown with its evidence", "[api][experiment]") {
  engine it;
  record_experiments(it);
  const auto one = it.get_json("/v1/loops/digits/experiments/5");
  CHECK(one.at("recorded") == true);
  CHECK(one.at("arms").at(0).at("arm") == "champion");
  CHECK(one.at("arms").at(0).at("matured") == 6);
  CHECK(one.at("arms").at(1).at("matured") == 2);
  CHECK(one.at("shares").size() == 2);
  const auto& decision = one.at("decision");
  const auto record = test::sample_experiment_record();
  CHECK(decision.at("sentence") == record.decision.sentence);
  CHECK(decision.at("excluded") == 1);
  const auto& metrics = decision.at("challengers").at(0).at("metrics");
  REQUIRE(metrics.size() == 2);
  CHECK(metrics.at(0).at("role") == "primary");
  CHECK(metrics.at(1).at("metric") == "fast enough");
  CHECK(
    metrics.at(0).at("evidence") ==
    record.decision.challengers.at(0).metrics.at(0).above_min_effect);
  CHECK(metrics.at(0).at("interval").at("low") >= -1);
  // Of one without a decision it is as it would be.
  const auto open = it.get_json("/v1/loops/digits/experiments/6");
  CHECK(open.at("recorded") == false);
  CHECK(open.at("decision").at("units") == 8);
}

TEST_CASE("what is no experiment is not found", "[api][experiment]") {
  engine it;
  record_experiments(it);
  CHECK(code_of(it.get("/v1/loops/digits/experiments/9")) == "not_found");
  CHECK(code_of(it.get("/v1/loops/nothing/experiments")) == "not_found");
  CHECK(
    code_of(it.get("/v1/loops/digits/experiments/x")) == "invalid_argument");
  CHECK(
    code_of(it.get("/v1/loops/digits/experiments?page=2")) ==
    "invalid_argument");
}

TEST_CASE("decisions are made again, and compared", "[api][experiment]") {
  engine it;
  record_experiments(it);
  const std::string path = "/v1/loops/digits/decisions/verification";
  auto answer = it.get_json(path);
  REQUIRE(answer.at("decisions").size() == 1);
  CHECK(answer.at("decisions")[0].at("experiment") == 5);
  CHECK(answer.at("decisions")[0].at("agrees") == true);
  CHECK(answer.at("differ") == 0);
  // One bit of one input.
  auto changed = test::sample_experiment_record();
  changed.inputs.challengers[0].metrics[0].sums.scores.words[0] ^= 1;
  storage::write_batch batch;
  storage::put_experiment(batch, it.node.number("digits"), changed);
  it.node.commit(batch);
  answer = it.get_json(path);
  CHECK(answer.at("decisions")[0].at("agrees") == false);
  CHECK_FALSE(answer.at("decisions")[0].at("difference").empty());
  CHECK(answer.at("differ") == 1);
}
