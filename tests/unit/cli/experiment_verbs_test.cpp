#include "cli/verbs.hpp"
#include "fake_engine.hpp"

using namespace ratchet;
using namespace ratchet::cli;

namespace {

constexpr auto one_experiment = R"({"experiment":5,"iteration":9,
  "stage":"experiment","metric":"accuracy","champion":3,"challengers":[4],
  "began":"2026-08-22T10:15:30.000Z","ended":null,"outcome":"running",
  "winner":null,"sentence":"","arms":[
   {"arm":"champion","version":3,"share":0.75,"assigned":1200,"matured":900},
   {"arm":"challenger","version":4,"share":0.25,"assigned":400,"matured":300}],
  "decision":{"verdict":"keep running","sentence":"not enough units yet",
   "challengers":[{"version":4,"metrics":[
    {"metric":"accuracy","role":"primary","effect":0.0312,
     "interval":{"low":-0.01,"high":0.0725},"evidence":1.25,
     "evidence_bound":2.996,"harm":-3.5,"harm_bound":5.99},
    {"metric":"fast","role":"guardrail","effect":null,
     "interval":{"low":-1,"high":1},"evidence":0,"evidence_bound":2.996,
     "harm":0,"harm_bound":5.99}]}]}})";

} // namespace

TEST_CASE_METHOD(verb_fixture, "experiments are listed", "[cli]") {
  fake.answers("GET /v1/loops/digits/experiments?limit=20", R"({"experiments":[
    {"experiment":5,"iteration":9,"champion":3,"challengers":[4],
     "began":"2026-08-22T10:15:30.000Z","outcome":"rolled_back",
     "sentence":"it did harm"}],"next_before":null})");
  REQUIRE(show_experiments(context, "digits", 0, 20).ok());
  CHECK(
    out.text() ==
    "N  ITERATION  CHAMPION  CHALLENGER  BEGAN    OUTCOME      BECAUSE\n"
    "5          9  v3        v4          30s ago  rolled_back  it did harm\n");
}

TEST_CASE_METHOD(
  verb_fixture, "an experiment is shown with arms and evidence", "[cli]") {
  fake.answers("GET /v1/loops/digits/experiments/5", one_experiment);
  REQUIRE(show_experiments(context, "digits", 5, 20).ok());
  CHECK(
    out.text() ==
    "experiment 5 of iteration 9, running\n"
    "not enough units yet\n"
    "\n"
    "ARM         VERSION  SHARE  ASSIGNED  MATURED\n"
    "champion    v3       75.0%     1,200      900\n"
    "challenger  v4       25.0%       400      300\n"
    "\n"
    "CHALLENGER  METRIC    ROLE       EFFECT, AT 95%               "
    "  EVIDENCE          HARM\n"
    "v4          accuracy  primary    +0.0312 (-0.01 to +0.0725)  "
    "1.25 of 3.0  -3.5 of 5.99\n"
    "v4          fast      guardrail  (-1.0 to +1.0)               "
    "0.0 of 3.0   0.0 of 5.99\n");
}

TEST_CASE_METHOD(verb_fixture, "decisions that differ are an error", "[cli]") {
  const auto agrees = GENERATE(true, false);
  fake.answers(
    "GET /v1/loops/digits/decisions/verification?limit=100",
    std::string{R"({"decisions":[{"experiment":5,
     "at":"2026-08-22T10:15:50.000Z","verdict":"promote","agrees":)"} +
      (agrees ? "true" : R"(false,"difference":"level is 0.05, not 0.04")") +
      R"(}],"differ":0,"next_before":null})");
  const auto checked = verify_decisions(context, "digits");
  CHECK(checked.ok() == agrees);
  if (agrees) {
    CHECK(
      out.text() ==
      "EXPERIMENT  DECIDED  VERDICT  AGAIN     DIFFERENCE\n"
      "         5  10s ago  promote  the same\n");
    return;
  }
  CHECK(checked.err().code == errc::failed_condition);
  CHECK_THAT(checked.err().message, Catch::Contains("1 of 1 decisions"));
  CHECK_THAT(out.text(), Catch::Contains("level is 0.05, not 0.04"));
}
