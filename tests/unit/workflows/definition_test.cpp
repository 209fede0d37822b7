#include "workflows/definition.hpp"

#include "workflows/detail/canonical_text.hpp"

#include "plans.hpp"

#include <functional>
#include <set>

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using ratchet::workflows::detail::canonical_text;
using namespace std::chrono_literals;

namespace {

loop_definition full() {
  auto definition =
    plan_of({step("train"), step("gate", {"train"}, stage_kind::gate)});
  definition.channels = {
    {"thumb", value_type::boolean, {}, {}, {}},
    {"stars", value_type::number, {}, 1.0, 5.0},
    {"label", value_type::category, {"a", "b"}, {}, {}}};
  definition.metrics = {{"liked", "thumb", true}};
  definition.slice_by = {"device"};
  definition.trigger.condition = trigger_condition{
    condition_kind::any_of,
    {},
    0,
    {},
    {{condition_kind::feedback_count, "thumb", 10, {}, {}},
     {condition_kind::every, {}, 0, 24h, {}}}};
  // Not left to defaults that the fingerprint below would then depend on.
  for (auto& stage : definition.stages)
    stage.gate.margin = 0;
  definition.stages[0].env = {{"SEED", "1"}};
  definition.stages[0].retry.non_retryable_exit_codes = {2};
  return definition;
}

} // namespace

TEST_CASE("equal definitions have equal fingerprints", "[definition]") {
  CHECK(fingerprint(full()) == fingerprint(full()));
  CHECK(fingerprint(full()).size() == 16);
}

TEST_CASE("a stored fingerprint stays valid", "[definition]") {
  // Iterations in stores refer to their definition by it, so a change strands
  // those that run during an upgrade. The number is from a second encoder,
  // written in Python after the description in canonical_text.hpp.
  CHECK(
    canonical_text(plan_of({})).starts_with("20:ratchet definition 16:digits"));
  CHECK(fingerprint(full()) == "f085d3376c67a17c");
}

namespace {

trigger_condition cron(std::string schedule, std::string zone) {
  trigger_condition condition;
  condition.kind = condition_kind::cron;
  condition.schedule = std::move(schedule);
  condition.zone = std::move(zone);
  return condition;
}

trigger_condition named(condition_kind kind, std::string source) {
  trigger_condition condition;
  condition.kind = kind;
  condition.source = std::move(source);
  return condition;
}

} // namespace

TEST_CASE(
  "all that decides how an iteration runs is in the fingerprint",
  "[definition]") {
  using change = std::function<void(loop_definition&)>;
  const std::vector<change> changes{
    [](auto& d) { d.name = "other"; },
    [](auto& d) { d.channels[0].name = "thumbs"; },
    [](auto& d) { d.channels[0].type = value_type::text; },
    [](auto& d) { d.channels[1].min.reset(); },
    [](auto& d) { d.channels[1].min = 0; },
    [](auto& d) { d.channels[1].max = 6; },
    [](auto& d) { d.channels[2].labels = {"ab"}; },
    [](auto& d) {
      d.channels[2].labels = {"b", "a"};
    },
    [](auto& d) { d.channels.pop_back(); },
    [](auto& d) { d.metrics[0].name = "x"; },
    [](auto& d) { d.metrics[0].channel = "stars"; },
    [](auto& d) { d.metrics[0].higher_is_better = false; },
    [](auto& d) { d.slice_by[0] = "x"; },
    [](auto& d) { d.join_window = 1h; },
    [](auto& d) { d.max_in_flight = 2; },
    [](auto& d) { d.trigger.condition.reset(); },
    [](auto& d) { d.trigger.condition->kind = condition_kind::all_of; },
    [](auto& d) { d.trigger.condition->children[0].count = 11; },
    [](auto& d) { d.trigger.condition->children[0].channel = "x"; },
    [](auto& d) { d.trigger.condition->children[1].interval = 25h; },
    [](auto& d) { d.trigger.cooldown = 1h; },
    [](auto& d) { d.trigger.minimum = 1; },
    [](auto& d) { d.trigger.busy = when_busy::skip; },
    [](auto& d) {
      d.trigger.budget = {4, 24h};
    },
    [](auto& d) {
      d.trigger.budget = {4, 25h};
    },
    [](auto& d) { d.timing.mode = timing_mode::synchronous; },
    [](auto& d) { d.timing.mode = timing_mode::asynchronous; },
    [](auto& d) {
      d.timing = {timing_mode::asynchronous, 1, late_policy::into_next_dataset};
    },
    [](auto& d) { d.timing.late = late_policy::drop; },
    [](auto& d) { d.trigger.busy = when_busy::queue_one; },
    [](auto& d) {
      d.trigger.compute = {1h, 24h};
    },
    [](auto& d) {
      d.trigger.compute = {1h, 25h};
    },
    [](auto& d) { d.trigger.condition->hysteresis = true; },
    [](auto& d) {
      d.trigger.condition->children[1] = named(condition_kind::webhook, "x");
    },
    [](auto& d) {
      d.trigger.condition->children[1] = named(condition_kind::webhook, "y");
    },
    [](auto& d) {
      d.trigger.condition->children[1] = named(condition_kind::promoted, "x");
    },
    [](auto& d) { d.trigger.condition->children[1] = cron("@daily", "UTC"); },
    [](auto& d) { d.trigger.condition->children[1] = cron("@weekly", "UTC"); },
    [](auto& d) {
      d.trigger.condition->children[1] = cron("@daily", "Asia/Kolkata");
    },
    [](auto& d) { d.stages[0].name = "x"; },
    [](auto& d) { d.stages[0].kind = stage_kind::callable; },
    [](auto& d) { d.stages[0] = wait_step("train"); },
    [](auto& d) { d.stages[0] = wait_step("train", {}, wait_outcome::skip); },
    [](auto& d) {
      d.stages[0] = wait_step("train");
      d.stages[0].wait.within = 1h;
    },
    [](auto& d) { d.stages[0] = signal_step("train"); },
    [](auto& d) {
      d.stages[0] = signal_step("train");
      d.stages[0].wait.signal = "other";
    },
    [](auto& d) { d.stages[1].after.clear(); },
    [](auto& d) {
      d.stages[0].argv = {"true", ""};
    },
    [](auto& d) {
      d.stages[0].env = {{"SEED1", ""}};
    },
    [](auto& d) { d.stages[0].dataset.format = "sft"; },
    [](auto& d) { d.stages[0].dataset.channel = "label"; },
    [](auto& d) { d.stages[0].dataset.eval_fraction = 0.3; },
    [](auto& d) { d.stages[0].dataset.whole_history = false; },
    [](auto& d) { d.stages[1].gate.metric = "x"; },
    [](auto& d) { d.stages[1].gate.margin = 0.01; },
    [](auto& d) { d.stages[1].gate.alpha = 0.01; },
    [](auto& d) { d.stages[1].gate.min_pairs = 11; },
    [](auto& d) { d.stages[1].gate.must_improve = true; },
    [](auto& d) { d.stages[0].timeout = 1s; },
    [](auto& d) { d.stages[0].grace = 1s; },
    [](auto& d) { d.stages[0].label = "gpu"; },
    [](auto& d) { d.stages[0].retry.max_attempts = 2; },
    [](auto& d) { d.stages[0].retry.initial = 2s; },
    [](auto& d) { d.stages[0].retry.multiplier = 3; },
    [](auto& d) { d.stages[0].retry.cap = 1h; },
    [](auto& d) { d.stages[0].retry.jitter = 0; },
    [](auto& d) { d.stages[0].retry.non_retryable_exit_codes = {-2}; },
    [](auto& d) { std::swap(d.stages[0], d.stages[1]); },
    [](auto& d) { d.stages[0].when = skipped_before("x"); },
    [](auto& d) {
      d.cleanup = {{cleanup_kind::always, "", step("x")}};
    },
    [](auto& d) {
      d.cleanup = {{cleanup_kind::always, "", step("y")}};
    },
    [](auto& d) {
      d.cleanup = {{cleanup_kind::on_failure, "", step("x")}};
    },
    [](auto& d) {
      d.cleanup = {{cleanup_kind::compensate, "train", step("x")}};
    },
    [](auto& d) {
      d.cleanup = {{cleanup_kind::compensate, "gate", step("x")}};
    },
    [](auto& d) { d.stages[1].start_within = 1h; },
    [](auto& d) { d.stages[1].start_within = 2h; },
    [](auto& d) { d.stages[1].heartbeat_within = 1h; },
    [](auto& d) { d.stages[1].retry.non_retryable = {"a"}; },
    [](auto& d) { d.stages[1].retry.non_retryable = {"b"}; },
    [](auto& d) { d.stages[1].when = skipped_before("x"); },
    [](auto& d) { d.stages[1].when = skipped_before("y"); },
    [](auto& d) { d.stages[1].when = at_least("x", "a", 1); },
    [](auto& d) { d.stages[1].when = at_least("x", "b", 1); },
    [](auto& d) { d.stages[1].when = at_least("x", "a", 2); },
    [](auto& d) {
      d.stages[1].when = at_least("x", "a", 1);
      d.stages[1].when->op = comparison::less;
    },
    [](auto& d) {
      d.stages[1].when = at_least("x", "a", 1);
      d.stages[1].when->text = "t";
    },
    [](auto& d) {
      d.stages[1].when = at_least("x", "a", 1);
      d.stages[1].when->children = {skipped_before("x")};
    },
  };
  std::set<std::string> seen{fingerprint(full())};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    CAPTURE(i);
    auto changed = full();
    changes[i](changed);
    CHECK(seen.insert(fingerprint(changed)).second);
  }
}

TEST_CASE(
  "what a loop keeps of its history is not in the fingerprint",
  "[definition]") {
  auto shorter = full();
  shorter.keep = {.age = 48h, .bytes = 1'000'000};
  CHECK(fingerprint(shorter) == fingerprint(full()));
}

TEST_CASE("who runs when is not in the fingerprint", "[definition]") {
  auto other = full();
  other.priority = 9;
  other.concurrency = 4;
  other.stages[1].priority = 1;
  CHECK(fingerprint(other) == fingerprint(full()));
}

TEST_CASE("text cannot pass from one field into the next", "[definition]") {
  auto one = full();
  auto other = full();
  one.slice_by = {"a", "b"};
  other.slice_by = {"a1:b"};
  CHECK(canonical_text(one) != canonical_text(other));
  other.slice_by = {"a", "b", ""};
  CHECK(canonical_text(one) != canonical_text(other));
}

TEST_CASE("minus zero is zero", "[definition]") {
  auto negative = full();
  negative.stages[1].gate.margin = -0.0;
  CHECK(fingerprint(negative) == fingerprint(full()));
}

TEST_CASE("channels and stages are found by name", "[definition]") {
  const auto definition = full();
  CHECK(definition.channel("stars")->type == value_type::number);
  CHECK(definition.channel("x") == nullptr);
  CHECK(definition.stage("gate")->kind == stage_kind::gate);
  CHECK(definition.stage("x") == nullptr);

  auto cleaned = full();
  cleaned.cleanup = {{cleanup_kind::always, "", step("x")}};
  CHECK(cleaned.stage("x") == nullptr);
  CHECK(cleaned.cleanup_stage("x")->kind == cleanup_kind::always);
  CHECK(cleaned.any_stage("x") == &cleaned.cleanup[0].stage);
  CHECK(cleaned.any_stage("gate") == &cleaned.stages[1]);
  CHECK(cleaned.any_stage("y") == nullptr);
}
