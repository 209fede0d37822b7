#include "ratchet/loop.hpp"
#include "workflows/check.hpp"
#include "workflows/describe.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <limits>

using namespace ratchet;
using namespace std::chrono_literals;

namespace {

loop with(const std::function<void(experiment_options&)>& change) {
  experiment_options options{
    .metric = "accuracy", .guardrails = {{"speed", 0.01}}};
  change(options);
  auto out = loop("digits");
  out.channel(boolean("verdict"))
    .channel(number_between("latency", 0, 10))
    .channel(any_number("tokens"))
    .metric("accuracy")
    .from("verdict")
    .metric("speed")
    .from("latency")
    .lower_is_better()
    .metric("cost")
    .from("tokens")
    .join_within(10min)
    .stage("train", command("true"))
    .gate("no regression", not_worse_than_champion("accuracy"))
    .experiment(std::move(options))
    .promote();
  return out;
}

std::string why_not(const loop& wrong) {
  const auto checked = check(wrong);
  return checked ? std::string{} : checked.err().message;
}

} // namespace

TEST_CASE("an experiment is declared before the promotion", "[check]") {
  const auto good = with([](auto&) {});
  REQUIRE(why_not(good).empty());
  const auto* stage = good.definition().stage("experiment");
  REQUIRE(stage != nullptr);
  CHECK(stage->kind == workflows::stage_kind::experiment);
  CHECK(stage->after == std::vector<std::string>{"no regression"});
  CHECK(stage->experiment->guardrails.at(0).metric == "speed");
}

TEST_CASE("every option of an experiment has its range", "[check]") {
  using change = std::function<void(experiment_options&)>;
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  const auto [edit, wanted] = GENERATE_COPY(table<change, std::string>({
    {[](auto& o) { o.metric = ""; }, "no metric"},
    {[](auto& o) { o.challengers = 0; }, "challengers is 0"},
    {[](auto& o) { o.challengers = 11; }, "11 challengers with a min_share"},
    {[](auto& o) { o.metric = "x"; }, "metric \"x\" is not declared"},
    {[](auto& o) { o.metric = "cost"; }, "no bounds to scale them by"},
    {[](auto& o) { o.guardrails[0].metric = "accuracy"; }, "given twice"},
    {[](auto& o) { o.guardrails[0].metric = "x"; }, "guardrail: metric \"x\""},
    {[](auto& o) { o.guardrails[0].allowed_loss = 0; }, "allowed_loss"},
    {[nan](auto& o) { o.guardrails[0].allowed_loss = nan; }, "allowed_loss"},
    {[](auto& o) { o.guardrails[0].allowed_loss = 1; }, "allowed_loss"},
    {[](auto& o) { o.default_outcome = 1.5; }, "default_outcome"},
    {[](auto& o) { o.guardrails[0].default_outcome = -1; }, "default_outcome"},
    {[](auto& o) { o.min_effect = 1; }, "min_effect"},
    {[](auto& o) { o.traffic = 0.01; }, "traffic is not between"},
    {[](auto& o) { o.traffic = 0.99; }, "traffic is not between"},
    {[nan](auto& o) { o.traffic = nan; }, "traffic is not between"},
    {[](auto& o) { o.min_share = 0; }, "min_share"},
    {[](auto& o) {
       o.ramp = {{0.5, 1h}, {0.1, 0h}};
     },
     "traffic goes down"},
    {[](auto& o) {
       o.ramp = {{0.1, 0h}, {0.5, 0h}};
     },
     "its time is 0 ms"},
    {[](auto& o) {
       o.ramp = {{0.001, 1h}};
     },
     "step 1 of the ramp"},
    {[](auto& o) { o.max_duration = 0h; }, "max_duration is 0 ms"},
    {[](auto& o) { o.max_duration = 5min; }, "no unit would count"},
    {[](auto& o) { o.horizon = 1000h; }, "no unit would count"},
    {[](auto& o) { o.horizon = -1h; }, "horizon is"},
    {[](auto& o) { o.min_duration = 1000h; }, "min_duration is"},
    {[](auto& o) { o.min_units = 0; }, "min_units is 0"},
    {[](auto& o) { o.max_units = 10; }, "max_units is 10"},
    {[](auto& o) { o.alpha = 0; }, "alpha is not in"},
    {[](auto& o) { o.guardrail_alpha = 0.6; }, "guardrail_alpha is not in"},
    {[nan](auto& o) { o.harm_alpha = nan; }, "harm_alpha is not in"},
    {[](auto& o) { o.harm_margin = 1; }, "harm_margin"},
    {[](auto& o) { o.planned_units = 0; }, "planned_units"},
  }));
  const auto message = why_not(with(edit));
  CHECK_THAT(
    message,
    Catch::StartsWith("loop \"digits\": stage "
                      "\"experiment\": "));
  CHECK_THAT(message, Catch::Contains(wanted));
}

TEST_CASE("an experiment has its place in the graph", "[check]") {
  const auto start = [] {
    auto out = loop("digits");
    out.channel(boolean("verdict")).metric("accuracy").from("verdict");
    return out;
  };
  const experiment_options options{.metric = "accuracy", .max_duration = 48h};
  auto first = start();
  first.experiment(options).stage("train", command("true"));
  CHECK_THAT(why_not(first), Catch::Contains("makes something to judge"));
  auto late = start();
  late.stage("train", command("true")).promote().experiment(options);
  CHECK_THAT(why_not(late), Catch::Contains("promote after the experiment"));
  auto twice = start();
  twice.stage("train", command("true")).experiment(options);
  twice.experiment(options);
  CHECK_FALSE(why_not(twice).empty());
  auto alone = start();
  alone.stage("train", command("true")).experiment(options);
  CHECK(why_not(alone).empty());
}

TEST_CASE("several challengers come from gates, or not at all", "[check]") {
  const auto made = [](bool each, bool chosen) {
    auto out = loop("digits");
    out.channel(boolean("verdict")).metric("accuracy").from("verdict");
    out.stage("train", command("true"));
    if (each)
      out.for_each(items({"a", "b"}));
    out.gate("better", not_worse_than_champion("accuracy"));
    if (chosen)
      out.choose("best");
    return out.experiment({.metric = "accuracy", .challengers = 2}).promote();
  };
  CHECK(why_not(made(true, false)).empty());
  CHECK_THAT(
    why_not(made(false, false)),
    Catch::Contains("stage \"experiment\": several challengers, but nothing "
                    "before it makes and judges several"));
  CHECK_THAT(
    why_not(made(true, true)),
    Catch::Contains("several challengers behind a choose(...)"));
}

TEST_CASE(
  "whatever decides an experiment is in the fingerprint, and told when it "
  "changes",
  "[check]") {
  using change = std::function<void(experiment_options&)>;
  const auto before = workflows::fingerprint(with([](auto&) {}).definition());
  const change edit = GENERATE(values<change>({
    [](auto& o) { o.metric = "speed"; },
    [](auto& o) { o.traffic = 0.4; },
    [](auto& o) { o.min_effect = 0.01; },
    [](auto& o) { o.guardrails.clear(); },
    [](auto& o) { o.guardrails[0].allowed_loss = 0.02; },
    [](auto& o) { o.guardrails[0].default_outcome = 1; },
    [](auto& o) {
      o.ramp = {{0.25, 1h}, {0.5, 0h}};
    },
    [](auto& o) { o.min_units = 201; },
    [](auto& o) { o.max_units = 5'000; },
    [](auto& o) { o.min_duration = 1h; },
    [](auto& o) { o.max_duration = 48h; },
    [](auto& o) { o.horizon = 1min; },
    [](auto& o) { o.default_outcome = 0.5; },
    [](auto& o) { o.harm_margin = 0.1; },
    [](auto& o) { o.alpha = 0.01; },
    [](auto& o) { o.guardrail_alpha = 0.01; },
    [](auto& o) { o.harm_alpha = 0.01; },
    [](auto& o) { o.min_share = 0.1; },
    [](auto& o) { o.planned_units = 100; },
    [](auto& o) { o.challengers = 2; },
  }));
  const auto changed = with(edit);
  CHECK(workflows::fingerprint(changed.definition()) != before);
  const auto told = workflows::differences(
    with([](auto&) {}).definition(), changed.definition());
  REQUIRE(told.size() == 1);
  CHECK(told[0].place == "stage \"experiment\"");
}
