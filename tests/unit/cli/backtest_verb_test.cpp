#include "cli/verbs.hpp"
#include "fake_engine.hpp"
#include "text_file.hpp"

using namespace ratchet;
using namespace ratchet::cli;
using Catch::Matchers::Contains;

namespace {

constexpr auto report = R"({"loop":"digits",
  "from":"2026-08-20T10:00:00.000Z","to":"2026-08-22T10:00:00.000Z",
  "events":12000,"look_every":3,"iteration_ms":600000,"whole":true,
  "would":[
   {"at":"2026-08-21T09:00:00.000Z","who":"trigger",
    "reason":"correction gained 100 of 100","skipped":false,"queued":false},
   {"at":"2026-08-21T09:05:00.000Z","who":"trigger",
    "reason":"correction gained 100 of 100","skipped":true,"queued":false}],
  "did":[
   {"at":"2026-08-21T12:00:00.000Z","who":"ada",
    "reason":"try it","skipped":false,"queued":false}]})";

} // namespace

TEST_CASE_METHOD(
  verb_fixture, "a back-test shows both in the order of time", "[cli]") {
  fake.answers("POST /v1/loops/digits/backtest", report);
  REQUIRE(run_backtest(context, "digits", {"other", "10m"}).ok());
  CHECK(
    out.text() ==
    "AT                        TRIED   WAS      BECAUSE\n"
    "2026-08-21T09:00:00.000Z  starts  -        correction gained 100 of 100\n"
    "2026-08-21T09:05:00.000Z  skips   -        correction gained 100 of 100\n"
    "2026-08-21T12:00:00.000Z  -       by hand  try it\n");
  CHECK_THAT(
    err.text(),
    Contains("1 starts instead of 1 in 2d and 12,000 events, if each "
             "iteration takes 10min; looked at once in 3 events."));
}

TEST_CASE_METHOD(
  verb_fixture, "a back-test's mistakes are told before it is asked", "[cli]") {
  CHECK_THAT(
    run_backtest(context, "digits", {"other", "soon"}).err().message,
    Contains("--iteration-time is \"soon\""));
}
