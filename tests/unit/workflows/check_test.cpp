#include "workflows/check.hpp"

#include "plans.hpp"

#include <functional>
#include <limits>

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Sound: every row of the table below breaks one thing of it.
loop_definition sound() {
  auto definition = plan_of(
    {step("dataset", {}, stage_kind::dataset), step("train", {"dataset"}),
     step("gate", {"train"}, stage_kind::gate),
     step("promote", {"gate"}, stage_kind::promote)});
  definition.channels = {
    {"thumb", value_type::boolean, {}, {}, {}},
    {"stars", value_type::number, {}, 1.0, 5.0},
    {"label", value_type::category, {"a", "b"}, {}, {}},
    {"comment", value_type::text, {}, {}, {}}};
  definition.metrics = {{"liked", "thumb", true}};
  definition.slice_by = {"device"};
  definition.trigger.condition = trigger_condition{
    condition_kind::any_of,
    {},
    0,
    {},
    {{condition_kind::feedback_count, "thumb", 10, {}, {}},
     {condition_kind::every, {}, 0, 24h, {}}}};
  definition.stages[0].dataset.channel = "label";
  return definition;
}

struct row {
  std::function<void(loop_definition&)> breach;
  const char* message; ///< After `loop "digits": `.
};

/// The breaches of `rows` are reported in their words.
void check_rows(const std::vector<row>& rows) {
  for (const auto& r : rows) {
    auto definition = sound();
    r.breach(definition);
    const auto checked = check(definition);
    CAPTURE(r.message);
    REQUIRE_FALSE(checked.ok());
    CHECK(checked.err().code == errc::invalid_argument);
    CHECK(
      checked.err().message == std::string{"loop \"digits\": "} + r.message);
  }
}

trigger_condition& leaf(loop_definition& d, std::size_t i) {
  return d.trigger.condition->children[i];
}

trigger_condition cron_leaf(std::string schedule, std::string zone) {
  trigger_condition condition;
  condition.kind = condition_kind::cron;
  condition.schedule = std::move(schedule);
  condition.zone = std::move(zone);
  return condition;
}

} // namespace

TEST_CASE("a sound definition passes", "[check]") {
  const auto checked = check(sound());
  INFO((checked ? std::string{} : checked.err().message));
  CHECK(checked);
}

TEST_CASE("a loop's name is made for paths and URLs", "[check]") {
  auto definition = sound();
  definition.name = GENERATE(
    "", "Digits", "-a", "_a", "a b", "a/b", "..", "a.b", "\xC3\xA4",
    "a23456789012345678901234567890123456789012345678901234567890abcd");
  CAPTURE(definition.name);
  CHECK_FALSE(check(definition));
  definition.name = GENERATE(
    "a", "0", "a-b_c9",
    "a23456789012345678901234567890123456789012345678901234567890abc");
  CHECK(check(definition));
}

TEST_CASE("control bytes of a name do not reach the message", "[check]") {
  auto definition = sound();
  definition.name = "a\x1b[2J";
  CHECK_THAT(
    check(definition).err().message, Catch::StartsWith("loop \"a\\x1b[2J\": "));
}

TEST_CASE("breaches of channels, metrics and slices are named", "[check]") {
  check_rows({
    {[](auto& d) { d.channels[0].name = ""; },
     "channel \"\": the name is empty; give one"},
    {[](auto& d) { d.channels[0].name = "a/b"; },
     "channel \"a/b\": the name may hold only letters, digits, blanks, '_', "
     "'.' and '-'"},
    {[](auto& d) { d.channels[0].name = ".."; },
     "channel \"..\": the name must begin with a letter or digit"},
    {[](auto& d) { d.channels[0].name = "a "; },
     "channel \"a \": the name ends with a blank; remove it"},
    {[](auto& d) { d.channels[1].name = "thumb"; },
     "channel \"thumb\": declared twice; rename one"},
    {[](auto& d) { d.channels[2].labels.clear(); },
     "channel \"label\": a category without labels; give at least one"},
    {[](auto& d) {
       d.channels[2].labels = {"a", "b", "a"};
     },
     "channel \"label\": label \"a\" is given twice; remove one"},
    {[](auto& d) { d.channels[2].labels = {""}; },
     "channel \"label\": an empty label; remove it"},
    {[](auto& d) { d.channels[1].min = 6; },
     "channel \"stars\": the lower bound is above the upper one; exchange "
     "them"},
    {[](auto& d) { d.channels[1].max = not_a_number; },
     "channel \"stars\": a bound is not a finite number; use any_number for "
     "no bounds"},
    {[](auto& d) { d.metrics[0].channel = "x"; },
     "metric \"liked\": channel \"x\" is not declared; declare it with "
     "channel(...)"},
    {[](auto& d) { d.metrics[0].channel = ""; },
     "metric \"liked\": no channel; add from(...)"},
    {[](auto& d) { d.metrics[0].channel = "comment"; },
     "metric \"liked\": channel \"comment\" has no mean; use a boolean or "
     "number channel"},
    {[](auto& d) { d.metrics[0].channel = "label"; },
     "metric \"liked\": channel \"label\" has no mean; use a boolean or "
     "number channel"},
    {[](auto& d) { d.metrics.push_back(d.metrics[0]); },
     "metric \"liked\": declared twice; rename one"},
    {[](auto& d) {
       d.slice_by = {"device", "device"};
     },
     "slice \"device\": given twice; remove one"},
    {[](auto& d) { d.join_window = 0s; },
     "the join window is 0 ms; give a positive one, such as 24h"},
    {[](auto& d) { d.max_in_flight = 0; },
     "max_in_flight is 0; give 1 to 100000"},
    {[](auto& d) { d.timing.max_staleness = 101; },
     "max_staleness is 101; give 0 to 100, or leave it out to admit feedback "
     "of any version"},
    {[](auto& d) {
       d.timing.mode = timing_mode::synchronous;
       d.max_in_flight = 2;
     },
     "synchronous timing with 2 iterations in flight; call timing once, with "
     "synchronous{} or asynchronous{...}"},
    {[](auto& d) { d.keep.bytes = 0; },
     "keep: 0 bytes; give a positive number, such as 50 * gigabyte, or leave "
     "it out to keep everything"},
    {[](auto& d) { d.keep.age = 0s; },
     "keep: the age is 0 ms; give a positive one, such as 2160h"},
    {[](auto& d) { d.keep.age = -1h; },
     "keep: the age is -1h; give a positive one, such as 2160h"},
    {[](auto& d) {
       d.join_window = 24h;
       d.keep.age = 23h;
     },
     "keep: the age is 23h, less than the join window, and feedback would lose "
     "its interaction; give at least 1d, or shorten join_within"},
  });
}

TEST_CASE("breaches of the trigger are named", "[check]") {
  check_rows({
    {[](auto& d) { leaf(d, 0).count = 0; },
     "trigger: feedback_count of 0; give a positive count"},
    {[](auto& d) { leaf(d, 0).channel = "x"; },
     "trigger: channel \"x\" is not declared; declare it with channel(...)"},
    {[](auto& d) { leaf(d, 1).interval = 0s; },
     "trigger: the interval is 0 ms; give a positive one, such as 24h"},
    {[](auto& d) { leaf(d, 1).interval = -1s; },
     "trigger: the interval is -1s; give a positive one, such as 24h"},
    {[](auto& d) { leaf(d, 1).interval = duration::max(); },
     "trigger: the interval is 106751991167d 7h; give at most 3650d"},
    {[](auto& d) { d.trigger.condition->children.clear(); },
     "trigger: any_of or all_of without a condition; give at least one"},
    {[](auto& d) {
       d.trigger.condition->kind = condition_kind::at_least_of;
       d.trigger.condition->count = 3;
     },
     "trigger: at_least_of 3 of 2 conditions; give 1 to the number of "
     "conditions"},
    {[](auto& d) { leaf(d, 1) = cron_leaf("61 * * * *", "UTC"); },
     "trigger: cron: \"61\" is no minute; give *, or values from 0 to 59 with "
     ", - and /"},
    {[](auto& d) { leaf(d, 1) = cron_leaf("@daily", "Mars/X"); },
     "trigger: cron: there is no time zone \"Mars/X\"; give an IANA name, such "
     "as \"Europe/Berlin\" or \"UTC\""},
    {[](auto& d) { leaf(d, 1) = cron_leaf("0 0 30 2 *", "UTC"); },
     "trigger: cron: no day within ten years matches; give one"},
    {[](auto& d) {
       leaf(d, 1).kind = condition_kind::champion_age;
       leaf(d, 1).interval = 0s;
     },
     "trigger: the champion's age is 0 ms; give a positive one, such as 720h"},
    {[](auto& d) { leaf(d, 1).hysteresis = true; },
     "trigger: every(1d) begins anew with every start, so hysteresis has "
     "nothing to wait for; remove it"},
    {[](auto& d) { leaf(d, 1).kind = condition_kind::webhook; },
     "trigger: webhook \"\": the name is empty; give one"},
    {[](auto& d) {
       leaf(d, 1).kind = condition_kind::webhook;
       leaf(d, 1).source = "a/b";
     },
     "trigger: webhook \"a/b\": the name may hold only letters, digits, "
     "blanks, '_', '.' and '-'"},
    {[](auto& d) {
       leaf(d, 1).kind = condition_kind::promoted;
       leaf(d, 1).source = d.name;
     },
     "trigger: it waits for the loop's own promotion, and would never rest; "
     "name another loop"},
    {[](auto& d) {
       d.trigger.compute = {0h, 24h};
     },
     "trigger: the compute budget is 0 ms; give a positive one, such as 2h"},
    {[](auto& d) {
       d.trigger.compute = {1h, 0h};
     },
     "trigger: the compute budget's window is 0 ms; give a positive one, such "
     "as 168h"},
    {[](auto& d) {
       d.trigger.budget = {101, 24h};
     },
     "trigger: a budget of 101 starts; give 1 to 100"},
    {[](auto& d) {
       d.trigger.budget = {0, 24h};
     },
     "trigger: a budget of 0 starts; give 1 to 100"},
    {[](auto& d) {
       d.trigger.budget = {3, 0s};
     },
     "trigger: the budget's window is 0 ms; give a positive one, such as 24h"},
    {[](auto& d) { d.trigger.cooldown = -1s; },
     "trigger: the cooldown is -1s; give one from 0 to 3650d"},
    {[](auto& d) {
       for (int i = 0; i < 20; ++i)
         d.trigger.condition = trigger_condition{
           condition_kind::all_of, {}, 0, {}, {*d.trigger.condition}};
     },
     "trigger: conditions nest deeper than 16; flatten them"},
  });
  auto no_channels = plan_of({step("train")});
  no_channels.trigger.minimum = 1;
  CHECK_THAT(
    check(no_channels).err().message, Catch::Contains("can never hold"));
}

TEST_CASE("breaches of a stage are named", "[check]") {
  check_rows({
    {[](auto& d) { d.stages.clear(); },
     "no stages; add at least one with stage(...)"},
    {[](auto& d) { d.stages[1].name = "a\nb"; },
     "stage \"a\\x0ab\": the name may hold only letters, digits, blanks, "
     "'_', '.' and '-'"},
    {[](auto& d) { d.stages[1].name = std::string(64, 'a'); },
     "stage \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "a\": the name has 64 bytes; use at most 63"},
    {[](auto& d) { d.stages[1].argv = {}; },
     "stage \"train\": the command is empty; give a program"},
    {[](auto& d) { d.stages[1].argv = {""}; },
     "stage \"train\": the command is empty; give a program"},
    {[](auto& d) {
       d.stages[1].argv = {"a", {"b\0c", 3}};
     },
     "stage \"train\": an argument holds a zero byte; remove it"},
    {[](auto& d) {
       d.stages[1].env = {{"1A", ""}};
     },
     "stage \"train\": variable \"1A\" is not a name; use letters, digits and "
     "'_', not a digit first"},
    {[](auto& d) {
       d.stages[1].env = {{"RATCHET_URL", ""}};
     },
     "stage \"train\": variable \"RATCHET_URL\" is the engine's own; use a "
     "name without RATCHET_"},
    {[](auto& d) { d.stages[1].timeout = 0s; },
     "stage \"train\": timeout is 0 ms; give a positive one, such as 30min"},
    {[](auto& d) { d.stages[1].grace = -1s; },
     "stage \"train\": grace is -1s; give one from 0 to 3650d"},
    {[](auto& d) { d.stages[1].label = "a/b"; },
     "stage \"train\": label \"a/b\": the name may hold only letters, digits, "
     "blanks, '_', '.' and '-'"},
    {[](auto& d) { d.stages[1].priority = 10; },
     "stage \"train\": priority is 10; give 0 to 9, the highest goes first"},
    {[](auto& d) { d.stages[1].start_within = -1s; },
     "stage \"train\": start_within is -1s; give a positive one, such as "
     "30s"},
    {[](auto& d) { d.stages[1].heartbeat_within = 2h; },
     "stage \"train\": heartbeat_within is 2h, longer than the timeout of "
     "30min, "
     "and would never pass; shorten it or leave it out"},
    {[](auto& d) { d.stages[1].retry.non_retryable = {"bad data"}; },
     "stage \"train\": non_retryable \"bad data\": use 1 to 63 letters, "
     "digits, '_', '-' and '.', such as bad_data"},
    {[](auto& d) { d.stages[1].retry.max_attempts = 0; },
     "stage \"train\": max_attempts is 0; the first try counts, so give at "
     "least 1"},
    {[](auto& d) { d.stages[1].retry.initial = -1s; },
     "stage \"train\": the first delay is -1s; give one from 0 to 3650d"},
    {[](auto& d) { d.stages[1].retry.cap = 0s; },
     "stage \"train\": the cap of delays is 0 ms; give one from 1s to 3650d"},
    {[](auto& d) { d.stages[1].retry.multiplier = 0.5; },
     "stage \"train\": the multiplier of delays is not a number from 1 up; 2 "
     "is usual"},
    {[](auto& d) { d.stages[1].retry.jitter = 1; },
     "stage \"train\": jitter is not in [0, 1); 0.1 is usual"},
    {[](auto& d) { d.stages[1].retry.jitter = not_a_number; },
     "stage \"train\": jitter is not in [0, 1); 0.1 is usual"},
    {[](auto& d) { d.stages[0].dataset.format = "csv"; },
     "stage \"dataset\": format \"csv\" is unknown; use labels, sft or kto"},
    {[](auto& d) { d.stages[0].dataset.channel = ""; },
     "stage \"dataset\": no channel; set .channel to the one whose feedback "
     "makes rows"},
    {[](auto& d) { d.stages[0].dataset.channel = "x"; },
     "stage \"dataset\": channel \"x\" is not declared; declare it with "
     "channel(...)"},
    {[](auto& d) { d.stages[0].dataset.eval_fraction = 1; },
     "stage \"dataset\": eval_fraction is not in [0, 1); 0.2 is usual"},
    {[](auto& d) { d.stages[2].gate.metric = ""; },
     "stage \"gate\": no metric; name a score of scores.jsonl"},
    {[](auto& d) { d.stages[2].gate.margin = not_a_number; },
     "stage \"gate\": margin is not a number from 0 up; it is the largest "
     "loss allowed"},
    {[](auto& d) { d.stages[2].gate.alpha = 0; },
     "stage \"gate\": alpha is not in (0, 0.5]; 0.05 is usual"},
    {[](auto& d) { d.stages[2].gate.min_pairs = 0; },
     "stage \"gate\": min_pairs is 0; a test needs at least 1 pair"},
  });
}

TEST_CASE("breaches of the graph are named", "[check]") {
  check_rows({
    {[](auto& d) { d.stages.push_back(step("train", {"dataset"})); },
     "stage \"train\": declared twice; rename one"},
    {[](auto& d) { d.stages.push_back(step("TRAIN")); },
     "stage \"TRAIN\": shares the variable RATCHET_INPUT_TRAIN with stage "
     "\"train\"; rename one"},
    {[](auto& d) { d.stages[1].after = {"x"}; },
     "stage \"train\": after \"x\", which is no stage; name a declared one"},
    {[](auto& d) { d.stages[1].after = {"train"}; },
     "stage \"train\": after itself; name another stage"},
    {[](auto& d) {
       d.stages[1].after = {"dataset", "dataset"};
     },
     "stage \"train\": after \"dataset\" twice; remove one"},
    {[](auto& d) { d.stages[1].after = {"gate"}; },
     "stages wait for each other: \"train\" -> \"gate\" -> \"train\"; remove "
     "one after(...)"},
    // From a stage behind the circle the walk finds the circle itself.
    {[](auto& d) {
       d.stages.insert(d.stages.begin(), step("late", {"promote"}));
       d.stages[1].after = {"train"};
     },
     "stages wait for each other: \"train\" -> \"dataset\" -> \"train\"; "
     "remove one after(...)"},
    {[](auto& d) { d.stages[2].after = {}; },
     "stage \"gate\": no stage comes before it that makes something to "
     "judge; add one, or use after(...)"},
    {[](auto& d) {
       d.stages[2].after = {};
       d.stages[2].kind = stage_kind::promote;
       d.stages[3].kind = stage_kind::gate;
     },
     "stage \"gate\": no stage comes before it that makes something to "
     "promote; add one, or use after(...)"},
    {[](auto& d) {
       d.stages.push_back(step("again", {"train"}, stage_kind::promote));
     },
     "stage \"again\": a second promotion; keep one"},
  });
}

TEST_CASE("a diamond is no cycle", "[check]") {
  CHECK(check(plan_of(
    {step("d", {"b", "c"}), step("b", {"a"}), step("c", {"a"}), step("a")})));
}

TEST_CASE("a long chain is checked without deep recursion", "[check]") {
  std::vector<stage_definition> chain{step("s0")};
  for (std::size_t i = 1; i < most_stages; ++i)
    chain.push_back(
      step("s" + std::to_string(i), {"s" + std::to_string(i - 1)}));
  CHECK(check(plan_of(chain)));
  chain.push_back(step("one more"));
  CHECK_FALSE(check(plan_of(chain)));
}

TEST_CASE("an input variable is the stage's name in capitals", "[check]") {
  CHECK(input_variable("train") == "RATCHET_INPUT_TRAIN");
  CHECK(input_variable("no regression.v2") == "RATCHET_INPUT_NO_REGRESSION_V2");
}

TEST_CASE("a condition may ask only what comes before", "[check]") {
  auto definition = sound();
  definition.stages[2].when = at_least("dataset", "train_rows", 100);
  CHECK(check(definition));

  const auto when = [](stage_condition asked) {
    return [asked](loop_definition& d) { d.stages[1].when = asked; };
  };
  const auto nested = [](std::size_t depth) {
    auto asked = skipped_before("dataset");
    for (std::size_t i = 1; i < depth; ++i) {
      stage_condition outer;
      outer.kind = predicate_kind::negation;
      outer.children = {asked};
      asked = outer;
    }
    return asked;
  };
  definition.stages[1].when = nested(deepest_condition);
  CHECK(check(definition));
  stage_condition empty;
  empty.kind = predicate_kind::any_of;
  check_rows({
    {when(skipped_before("nowhere")),
     "stage \"train\": its condition names \"nowhere\", which is no stage; "
     "name a declared one"},
    {when(skipped_before("gate")),
     "stage \"train\": its condition names \"gate\", which does not come "
     "before it; add it to after(...)"},
    {when(at_least("train", "accuracy", 1)),
     "stage \"train\": its condition asks about itself; name a stage before "
     "it"},
    {when(at_least("dataset", "", 1)),
     "stage \"train\": its condition asks \"dataset\" for an output without "
     "a name; name one"},
    {when(at_least("dataset", "rows", not_a_number)),
     "stage \"train\": its condition compares with no finite number; give "
     "one"},
    {when(empty),
     "stage \"train\": its condition joins nothing; give it operands"},
    {when(nested(deepest_condition + 1)),
     "stage \"train\": its conditions nest deeper than 16; flatten them"},
  });
}

TEST_CASE("breaches of cleanup stages are named", "[check]") {
  const auto with = [](cleanup_definition cleanup) {
    return [cleanup](loop_definition& d) { d.cleanup.push_back(cleanup); };
  };
  const auto undo = [](std::string stage, std::string name) {
    return cleanup_definition{
      cleanup_kind::compensate, std::move(stage), step(std::move(name))};
  };
  auto sound_one = sound();
  sound_one.cleanup = {
    undo("train", "undo"), {cleanup_kind::always, "", step("unlock")}};
  CHECK(check(sound_one));

  const auto always = [](stage_definition stage) {
    return cleanup_definition{cleanup_kind::always, "", std::move(stage)};
  };
  auto conditional = step("unlock");
  conditional.when = skipped_before("train");
  auto hasty = step("unlock");
  hasty.timeout = 0s;
  check_rows({
    {with(always(step("train"))),
     "stage \"train\": declared twice; rename one"},
    {with(always(step("TRAIN"))),
     "stage \"TRAIN\": shares the variable RATCHET_INPUT_TRAIN with stage "
     "\"train\"; rename one"},
    {with(always(hasty)),
     "stage \"unlock\": timeout is 0 ms; give a positive one, such as 30min"},
    {with(always(step("unlock", {}, stage_kind::gate))),
     "stage \"unlock\": only a command or a function can clean up; use one of "
     "them"},
    {with(always(step("unlock", {"train"}))),
     "stage \"unlock\": cleanup stages run in the order of their declaration; "
     "remove after(...) and when(...)"},
    {with(always(conditional)),
     "stage \"unlock\": cleanup stages run in the order of their declaration; "
     "remove after(...) and when(...)"},
    {with(undo("nowhere", "undo")),
     "stage \"undo\": compensates \"nowhere\", which is no stage; name a "
     "declared one"},
    {[&](auto& d) {
       d.cleanup = {undo("train", "undo"), undo("train", "again")};
     },
     "stage \"undo\": a second compensation of \"train\"; keep one"},
    {[&](auto& d) {
       d.cleanup = {always(step("unlock"))};
       d.stages[3].after = {"unlock"};
     },
     "stage \"promote\": after \"unlock\", which is no stage; name a declared "
     "one"},
  });
}
