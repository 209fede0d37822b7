#include "workflows/describe.hpp"

#include "plans.hpp"

#include <functional>

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

namespace {

/// With something of everything, so that each of its members can change.
loop_definition rich() {
  auto plan = plan_of(
    {step("data", {}, stage_kind::dataset), step("train", {"data"}),
     step("judge", {"train"}, stage_kind::gate),
     signal_step("labels", {"judge"}),
     step("child", {"labels"}, stage_kind::run_loop),
     step("best", {"child"}, stage_kind::choose)});
  plan.stages[4].nested.loop = "digits-small";
  plan.channels = {
    {"verdict", value_type::boolean, {}, {}, {}},
    {"stars", value_type::number, {}, 1.0, 5.0},
    {"label", value_type::category, {"0", "1"}, {}, {}}};
  plan.metrics = {{"accuracy", "verdict", true}};
  trigger_condition any;
  any.children = {
    {condition_kind::feedback_count, "label", 300, duration{0}, {}, {}, {}},
    {condition_kind::every, "", 0, 24h, {}, {}, {}},
    {condition_kind::cron, "", 0, duration{0}, {}, "30 2 * * *", "UTC"}};
  plan.trigger.condition = any;
  plan.stages[1].env = {{"TOKEN", "hush"}};
  plan.cleanup = {{cleanup_kind::compensate, "train", step("undo")}};
  return plan;
}

using mutation = std::function<void(loop_definition&)>;

std::vector<definition_change> after(const mutation& change) {
  auto changed = rich();
  change(changed);
  return differences(rich(), changed);
}

using changes = std::vector<definition_change>;

} // namespace

TEST_CASE("a change is told in the builder's words") {
  CHECK(after([](auto& d) {
          d.stages[1].timeout = 2h;
        }) == changes{{"stage \"train\"", "timeout", "30min", "2h"}});
  CHECK(
    after([](auto& d) { d.trigger.condition->children[0].count = 500; }) ==
    changes{
      {"trigger", "retrain_when",
       "any_of(feedback_count(\"label\", 300), every(1d), cron(\"30 2 * * "
       "*\", \"UTC\"))",
       "any_of(feedback_count(\"label\", 500), every(1d), cron(\"30 2 * * "
       "*\", \"UTC\"))"}});
  CHECK(
    after([](auto& d) {
      d.stages[1].argv = {"python3", "train.py"};
    }) ==
    changes{
      {"stage \"train\"", "runs", "command true", "command python3 train.py"}});
  CHECK(
    after([](auto& d) { d.stages[1].when = at_least("data", "rows", 9); })[0]
      .before == "always");
}

TEST_CASE("what comes and goes is one change, with what it is") {
  CHECK(
    after([](auto& d) { d.stages.push_back(step("tune", {"data"})); }) ==
    changes{
      {"loop", "order of stages", "data, train, judge, labels, child, best",
       "data, train, judge, labels, child, best, tune"},
      {"stage \"tune\"", "", std::nullopt, "command true"}});
  CHECK(
    after([](auto& d) { d.cleanup.clear(); }) ==
    changes{
      {"cleanup \"undo\"", "", "compensate \"train\": command true",
       std::nullopt}});
  CHECK(
    after([](auto& d) { d.channels.erase(d.channels.begin() + 1); }) ==
    changes{{"channel \"stars\"", "", "number from 1 to 5", std::nullopt}});
}

TEST_CASE("a secret that changed is told, and not shown") {
  const auto told =
    after([](auto& d) { d.stages[1].env["TOKEN"] = "whisper"; });
  CHECK(
    told ==
    changes{{"stage \"train\"", "env TOKEN", "set", "set to something else"}});
  for (const auto& each : describe(rich()))
    CHECK(each.value.find("hush") == std::string::npos);
}

TEST_CASE("equal definitions have no differences") {
  CHECK(differences(rich(), rich()).empty());
  CHECK_FALSE(describe(rich()).empty());
}

TEST_CASE("no option of a fan-out changes in silence") {
  const std::vector<std::function<void(fan_out_options&)>> all{
    [](auto& o) { o.source = item_source::slices; },
    [](auto& o) {
      o.items = {"de", "en"};
    },
    [](auto& o) { o.parallel = 3; },
    [](auto& o) { o.policy = item_policy::skip; },
    [](auto& o) {
      o.policy = item_policy::threshold;
      o.least_items = 1;
    },
    [](auto& o) {
      o.policy = item_policy::threshold;
      o.least_share = 0.5;
    }};
  auto before = rich();
  before.stages[1].for_each = fan_out_options{};
  before.stages[1].for_each->items = {"de", "fr"};
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto changed = before;
    all[i](*changed.stages[1].for_each);
    INFO("mutation " << i);
    CHECK_FALSE(differences(before, changed).empty());
  }
}

/// One for each member of a definition: whoever adds one adds it here, and to
/// `describe`.
TEST_CASE("no member of a definition changes in silence") {
  const std::vector<mutation> all{
    [](auto& d) { d.channels[0].type = value_type::text; },
    [](auto& d) { d.channels[1].min = 0.0; },
    [](auto& d) { d.channels[1].max.reset(); },
    [](auto& d) { d.channels[2].labels.push_back("2"); },
    [](auto& d) { d.metrics[0].channel = "stars"; },
    [](auto& d) { d.metrics[0].higher_is_better = false; },
    [](auto& d) { d.slice_by = {"device"}; },
    [](auto& d) { d.join_window = 1h; },
    [](auto& d) { d.trigger.condition.reset(); },
    [](auto& d) { d.trigger.condition->children[1].interval = 1h; },
    [](auto& d) { d.trigger.condition->children[2].zone = "Europe/Berlin"; },
    [](auto& d) { d.trigger.cooldown = 1h; },
    [](auto& d) { d.trigger.minimum = 5; },
    [](auto& d) {
      d.trigger.budget = {3, 24h};
    },
    [](auto& d) { d.trigger.busy = when_busy::skip; },
    [](auto& d) {
      d.trigger.compute = {1h, 24h};
    },
    [](auto& d) { d.trigger.condition->hysteresis = true; },
    [](auto& d) { d.trigger.condition->children[0].hysteresis = true; },
    [](auto& d) {
      d.trigger.condition->children[0].kind = condition_kind::webhook;
    },
    [](auto& d) {
      d.trigger.condition->children[1].kind = condition_kind::promoted;
      d.trigger.condition->children[1].source = "base";
    },
    [](auto& d) { d.max_in_flight = 4; },
    [](auto& d) { d.timing.mode = timing_mode::synchronous; },
    [](auto& d) { d.timing.max_staleness = 2; },
    [](auto& d) { d.timing.late = late_policy::drop; },
    [](auto& d) { d.stages[1].kind = stage_kind::approval; },
    [](auto& d) { d.stages[3].wait.within = 5h; },
    [](auto& d) { d.stages[3].wait.signal = "go"; },
    [](auto& d) { d.stages[3].wait.on_timeout = wait_outcome::skip; },
    [](auto& d) { d.stages[4].nested.loop = "digits-large"; },
    [](auto& d) { d.stages[4].nested.on_timeout = child_policy::go_on; },
    [](auto& d) { d.stages[4].nested.on_rejected = child_policy::go_on; },
    [](auto& d) { d.stages[4].nested.on_failed = child_policy::go_on; },
    [](auto& d) { d.stages[5].choose_by = "judge"; },
    [](auto& d) { d.concurrency = 4; },
    [](auto& d) { d.priority = 4; },
    [](auto& d) { d.keep.age = 24h; },
    [](auto& d) { d.keep.bytes = 1000; },
    [](auto& d) { std::swap(d.stages[0], d.stages[1]); },
    [](auto& d) { d.stages[1].kind = stage_kind::callable; },
    [](auto& d) { d.stages[1].after = {}; },
    [](auto& d) { d.stages[1].env["SEED"] = "1"; },
    [](auto& d) { d.stages[1].env.clear(); },
    [](auto& d) { d.stages[0].dataset.format = "sft"; },
    [](auto& d) { d.stages[0].dataset.channel = "label"; },
    [](auto& d) { d.stages[0].dataset.eval_fraction = 0.5; },
    [](auto& d) { d.stages[0].dataset.whole_history = false; },
    [](auto& d) { d.stages[2].gate.metric = "loss"; },
    [](auto& d) { d.stages[2].gate.margin = 0.125; },
    [](auto& d) { d.stages[2].gate.alpha = 0.01; },
    [](auto& d) { d.stages[2].gate.min_pairs = 99; },
    [](auto& d) { d.stages[2].gate.must_improve = true; },
    [](auto& d) { d.stages[1].grace = 1s; },
    [](auto& d) { d.stages[1].for_each = fan_out_options{}; },
    [](auto& d) { d.stages[1].label = "gpu"; },
    [](auto& d) { d.stages[1].start_within = 1h; },
    [](auto& d) { d.stages[1].heartbeat_within = 1h; },
    [](auto& d) { d.stages[1].priority = 3; },
    [](auto& d) { d.stages[1].retry.max_attempts = 9; },
    [](auto& d) { d.stages[1].retry.initial = 7s; },
    [](auto& d) { d.stages[1].retry.multiplier = 1.5; },
    [](auto& d) { d.stages[1].retry.cap = 9min; },
    [](auto& d) { d.stages[1].retry.jitter = 0.25; },
    [](auto& d) { d.stages[1].retry.non_retryable_exit_codes = {2}; },
    [](auto& d) { d.stages[1].retry.non_retryable = {"oom"}; },
    [](auto& d) { d.cleanup[0].kind = cleanup_kind::always; },
    [](auto& d) { d.cleanup[0].undoes = "data"; },
    [](auto& d) { d.cleanup[0].stage.timeout = 1h; },
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto found = after(all[i]);
    INFO("mutation " << i);
    CHECK_FALSE(found.empty());
  }
}
