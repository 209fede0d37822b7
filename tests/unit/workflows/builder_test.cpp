#include "ratchet/loop.hpp"

#include "workflows/check.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string>;

result<stage_output> nothing(stage_context& /*context*/) {
  return stage_output{};
}

/// The loop of the design's third section, as far as this release has it.
loop digits() {
  return loop("digits")
    .channel(boolean("verdict"))
    .channel(category("correction", 10))
    .metric("accuracy")
    .from("verdict")
    .higher_is_better()
    .slice_by("writer", "device")
    .join_within(10min)
    .keep({.age = 90 * 24h, .bytes = 50 * gigabyte})
    .retrain_when(any_of(feedback_count("correction", 300), every(24h))
                    .cooldown(1h)
                    .at_least(200))
    .timing(asynchronous{.max_in_flight = 2})
    .stage(
      "dataset", export_dataset{.format = "labels", .channel = "correction"})
    .stage(
      "train",
      command("python3 train.py")
        .timeout(2h)
        .retry({.max_attempts = 3})
        .label("gpu"))
    .stage("evaluate", command("python3 evaluate.py"))
    .gate(
      "no regression", not_worse_than_champion("accuracy", {.margin = 0.01}))
    .promote();
}

std::string message(const result<void>& checked) {
  return checked ? "fine" : checked.err().message;
}

} // namespace

TEST_CASE("the loop of the design builds and checks", "[builder]") {
  const auto built = digits();
  CHECK(message(check(built)) == "fine");
  const auto& d = built.definition();
  CHECK(d.name == "digits");
  REQUIRE(d.channels.size() == 2);
  CHECK(d.channels[1].labels.size() == 10);
  CHECK(d.channels[1].labels.back() == "9");
  CHECK(d.metrics.at(0).channel == "verdict");
  CHECK(d.slice_by == words{"writer", "device"});
  CHECK(d.join_window == 10min);
  CHECK(d.keep.age == 2160h);
  CHECK(d.keep.bytes == 50'000'000'000);
  CHECK(d.max_in_flight == 2);
  CHECK(d.trigger.cooldown == 1h);
  CHECK(d.trigger.minimum == 200);
  REQUIRE(d.trigger.condition->children.size() == 2);
  CHECK(d.trigger.condition->children[0].count == 300);
  CHECK(d.trigger.condition->children[1].interval == 24h);

  REQUIRE(d.stages.size() == 5);
  CHECK(d.stages[0].kind == workflows::stage_kind::dataset);
  CHECK(d.stages[0].dataset.channel == "correction");
  CHECK(d.stages[1].argv == words{"python3", "train.py"});
  CHECK(d.stages[1].timeout == 2h);
  CHECK(d.stages[1].retry.max_attempts == 3);
  CHECK(d.stages[1].label == "gpu");
  CHECK(d.stages[3].kind == workflows::stage_kind::gate);
  CHECK(d.stages[3].gate.metric == "accuracy");
  CHECK(d.stages[3].gate.margin == 0.01);
  CHECK_FALSE(d.stages[3].gate.must_improve);
  CHECK(d.stages[3].timeout == 10min);
  CHECK(d.stages[4].name == "promote");
  CHECK(d.stages[4].kind == workflows::stage_kind::promote);
}

TEST_CASE("a stage is after the one declared before it", "[builder]") {
  const auto built = loop("a")
                       .stage("one", nothing)
                       .stage("two", nothing)
                       .stage("three", nothing)
                       .after("one")
                       .stage("four", nothing)
                       .after("two", "three")
                       .stage("five", nothing)
                       .after();
  const auto& stages = built.definition().stages;
  CHECK(stages[0].after.empty());
  CHECK(stages[1].after == words{"one"});
  CHECK(stages[2].after == words{"one"});
  CHECK(stages[3].after == words{"two", "three"});
  CHECK(stages[4].after.empty());
  CHECK(message(check(built)) == "fine");
}

TEST_CASE("a callable stage brings its function", "[builder]") {
  const auto built =
    loop("a")
      .stage(
        "one",
        [](stage_context&) -> result<stage_output> {
          return stage_output{{{"answer", "42"}}};
        })
      .stage("two", callable{nothing}.timeout(5min).retry({.max_attempts = 2}));
  CHECK(built.functions().size() == 2);
  CHECK(built.definition().stages[1].timeout == 5min);
  CHECK(message(check(built)) == "fine");
}

TEST_CASE("the strictest of what conditions bring along is kept", "[builder]") {
  using workflows::when_busy;
  const auto both = any_of(
    webhook("data").compute_budget(2h, 24h).queue_one_when_busy(),
    champion_older_than(24h).hysteresis().compute_budget(1h, 24h));
  const auto& policy = both.policy();
  CHECK(policy.compute == workflows::compute_budget{1h, 24h});
  CHECK(policy.busy == when_busy::queue_one);
  REQUIRE(policy.condition->children.size() == 2);
  CHECK(policy.condition->children[0].source == "data");
  CHECK_FALSE(policy.condition->children[0].hysteresis);
  CHECK(policy.condition->children[1].hysteresis);
  CHECK_FALSE(policy.condition->hysteresis);
  CHECK(
    any_of(webhook("x").queue_one_when_busy(), webhook("y").skip_when_busy())
      .policy()
      .busy == when_busy::skip);
  CHECK(
    all_of(webhook("x"), webhook("y")).policy().busy == when_busy::coalesce);
}

TEST_CASE("timing is one setting", "[builder]") {
  using workflows::late_policy;
  using workflows::timing_mode;
  using workflows::timing_policy;
  const auto timing = [](const loop& built) {
    return built.definition().timing;
  };
  constexpr auto next = late_policy::into_next_dataset;
  CHECK(timing(loop("a")) == timing_policy{timing_mode::open, 0, next});
  CHECK(
    timing(loop("a").timing(synchronous{})) ==
    timing_policy{timing_mode::synchronous, 0, next});
  CHECK(
    timing(loop("a").timing(asynchronous{.max_in_flight = 4})) ==
    timing_policy{timing_mode::open, 0, next});
  const auto last =
    loop("a")
      .timing(synchronous{})
      .timing(asynchronous{.max_staleness = 2, .max_in_flight = 3})
      .late_feedback(drop)
      .stage("s", nothing);
  CHECK(
    timing(last) ==
    timing_policy{timing_mode::asynchronous, 2, late_policy::drop});
  CHECK(last.definition().max_in_flight == 3);
  CHECK(loop(last).timing(synchronous{}).definition().max_in_flight == 1);
  CHECK(timing(loop(last).late_feedback(into_next_dataset)).late == next);
  CHECK(message(check(last)) == "fine");
}

TEST_CASE("a loop waits only for promotions of loops beside it", "[builder]") {
  const auto base = loop("base").stage("s", nothing);
  const auto tuned = loop("tuned")
                       .retrain_when(any_of(webhook("x"), promoted("base")))
                       .stage("s", nothing);
  CHECK(message(check({tuned, base})) == "fine");
  CHECK(message(check(tuned)) == "fine");
  CHECK(
    message(check(std::vector{tuned})) ==
    "loop \"tuned\": trigger: it waits for a promotion of loop \"base\", "
    "which is not hosted here; host both, or remove the condition");
}

TEST_CASE("an empty function is found before anything runs", "[builder]") {
  CHECK(
    message(check(loop("a").stage("one", stage_function{}))) ==
    "loop \"a\": stage \"one\": its function is empty; give one that can be "
    "called");
}

TEST_CASE("calls out of order are named, the first one first", "[builder]") {
  CHECK(
    message(check(loop("a").from("x").stage("s", nothing))) ==
    "loop \"a\": from comes before any metric; call it after metric(...)");
  CHECK(
    message(
      check(loop("a").lower_is_better().after("x").stage("s", nothing))) ==
    "loop \"a\": lower_is_better comes before any metric; call it after "
    "metric(...)");
  CHECK(
    message(check(loop("a").after("x").stage("s", nothing))) ==
    "loop \"a\": after comes before any stage; call it after stage(...)");
}

TEST_CASE("a command line is split at blanks outside quotes", "[builder]") {
  struct row {
    const char* line;
    words argv;
  };
  const auto r = GENERATE(
    row{"python3 train.py", {"python3", "train.py"}},
    row{"  a \t b\n", {"a", "b"}}, row{"a 'b c' \"d e\"", {"a", "b c", "d e"}},
    row{"a '' \"\"", {"a", "", ""}},
    row{"a pre'in side'post", {"a", "prein sidepost"}},
    row{"a 'say \"hi\"' \"it's\"", {"a", "say \"hi\"", "it's"}},
    // Nothing is expanded: there is no shell.
    row{"a $HOME * ; \\n |b", {"a", "$HOME", "*", ";", "\\n", "|b"}},
    row{"", {}});
  CAPTURE(r.line);
  CHECK(command{r.line}.definition().argv == r.argv);
  CHECK(command{r.line}.mistake().empty());
}

TEST_CASE("an open quote is a mistake of its stage", "[builder]") {
  CHECK(
    message(check(loop("a").stage("s", command("run 'x")))) ==
    "loop \"a\": stage \"s\": the command has a ' that is not closed; close "
    "it, or give the arguments as a list");
}

TEST_CASE("a condition belongs to the stage declared last", "[builder]") {
  const auto built = loop("a")
                       .stage("evaluate", nothing)
                       .stage("publish", nothing)
                       .when(output("evaluate", "accuracy") >= 0.9)
                       .stage("tell", nothing);
  CHECK(message(check(built)) == "fine");
  CHECK_FALSE(built.definition().stages[0].when.has_value());
  REQUIRE(built.definition().stages[1].when.has_value());
  CHECK(built.definition().stages[1].when->value == "accuracy");
  CHECK_FALSE(built.definition().stages[2].when.has_value());
  CHECK(
    message(check(loop("a").when(succeeded("x")).stage("s", nothing))) ==
    "loop \"a\": when comes before any stage; call it after stage(...)");
  CHECK(
    message(check(loop("a")
                    .stage("s", nothing)
                    .stage("t", nothing)
                    .when(succeeded("s"))
                    .when(skipped("s")))) ==
    "loop \"a\": stage \"t\": a second condition; join the two with &&");
}

TEST_CASE("cleanup is declared on the loop and on a stage", "[builder]") {
  using workflows::cleanup_kind;
  const auto built = loop("a")
                       .stage("deploy", nothing)
                       .compensate(command("undo now").timeout(5min))
                       .when(succeeded("x"))
                       .on_failure("notify", callable{nothing})
                       .always("unlock", command("unlock"))
                       .stage("verify", nothing);
  const auto& d = built.definition();
  REQUIRE(d.stages.size() == 2);
  CHECK(d.stages[1].after == words{"deploy"});
  CHECK(d.stages[0].when.has_value());
  REQUIRE(d.cleanup.size() == 3);
  CHECK(d.cleanup[0].kind == cleanup_kind::compensate);
  CHECK(d.cleanup[0].undoes == "deploy");
  CHECK(d.cleanup[0].stage.name == "compensate deploy");
  CHECK(d.cleanup[0].stage.timeout == 5min);
  CHECK(d.cleanup[1].kind == cleanup_kind::on_failure);
  CHECK(built.functions().contains("notify"));
  CHECK(d.cleanup[2].kind == cleanup_kind::always);
}

TEST_CASE("misplaced cleanup is a mistake with a remedy", "[builder]") {
  const auto undo = command("undo");
  CHECK(
    message(check(loop("a").compensate(undo).stage("s", nothing))) ==
    "loop \"a\": compensate comes before any stage; call it after stage(...)");
  const auto misplaced =
    " follows on_failure(...) or always(...); call it after the stage(...) "
    "that it is about";
  const auto unlocked = loop("a").stage("s", nothing).always("unlock", undo);
  CHECK(
    message(check(loop{unlocked}.compensate(undo))) ==
    std::string{"loop \"a\": compensate"} + misplaced);
  CHECK(
    message(check(loop{unlocked}.after("s"))) ==
    std::string{"loop \"a\": after"} + misplaced);
  CHECK(
    message(check(loop{unlocked}.when(succeeded("s")))) ==
    std::string{"loop \"a\": when"} + misplaced);
  CHECK(
    message(
      check(loop("a").stage("s", nothing).compensate(undo).compensate(undo))) ==
    "loop \"a\": stage \"s\": a second compensation; keep one");
  CHECK(
    message(check(loop("a")
                    .stage("s", nothing)
                    .always("unlock", callable{stage_function{}}))) ==
    "loop \"a\": stage \"unlock\": its function is empty; give one that can "
    "be called");
  CHECK_THAT(
    message(
      check(loop("a").stage("s", nothing).on_failure("n", command("x 'y")))),
    Catch::Contains("stage \"n\": the command has a ' that is not closed"));
}

TEST_CASE("a tree of triggers keeps the strictest bounds", "[builder]") {
  const auto both = all_of(
    feedback_count("x", 5).cooldown(1h).at_least(7),
    every(2h).cooldown(30min).at_least(9));
  CHECK(both.policy().cooldown == 1h);
  CHECK(both.policy().minimum == 9);
  CHECK(both.policy().condition->kind == workflows::condition_kind::all_of);
}

TEST_CASE("triggers say what they were told", "[builder]") {
  using workflows::condition_kind;
  const auto some = at_least_of(
    2, cron("30 2 * * *", "Europe/Berlin"), champion_older_than(720h),
    feedback_count("x", 5).budget(7, 168h).skip_when_busy(),
    every(2h).budget(2, 24h));
  const auto& tree = *some.policy().condition;
  CHECK(tree.kind == condition_kind::at_least_of);
  CHECK(tree.count == 2);
  REQUIRE(tree.children.size() == 4);
  CHECK(tree.children[0].kind == condition_kind::cron);
  CHECK(tree.children[0].schedule == "30 2 * * *");
  CHECK(tree.children[0].zone == "Europe/Berlin");
  CHECK(tree.children[1].kind == condition_kind::champion_age);
  CHECK(tree.children[1].interval == 720h);
  // One a day is stricter than two.
  CHECK(some.policy().budget == workflows::start_budget{7, 168h});
  CHECK(some.policy().busy == workflows::when_busy::skip);
  CHECK(cron("@daily").policy().condition->zone == "UTC");
}

TEST_CASE("channels declare what their values may be", "[builder]") {
  CHECK(boolean("b").type == workflows::value_type::boolean);
  CHECK(text("t").type == workflows::value_type::text);
  CHECK_FALSE(any_number("n").min.has_value());
  CHECK(number_between("n", 1, 5).min == 1.0);
  CHECK(number_between("n", 1, 5).max == 5.0);
  CHECK(category("c", words{"x", "y"}).labels == words{"x", "y"});
  // A mistaken count must not eat the memory before it is reported.
  const auto huge = category("c", 4'000'000'000U);
  CHECK(huge.labels.size() == workflows::most_labels + 1);
  CHECK_THAT(
    message(check(loop("a").channel(huge).stage("s", nothing))),
    Catch::Contains("more than 10000 labels"));
}

TEST_CASE("a better-than gate asks for improvement", "[builder]") {
  const auto gate = better_than_champion("accuracy", {.alpha = 0.01});
  CHECK(gate.must_improve);
  CHECK(gate.alpha == 0.01);
  CHECK(gate.min_pairs == 10);
}

TEST_CASE("loops that run together have different names", "[builder]") {
  const auto one = loop("a").stage("s", nothing);
  const auto other = loop("b").stage("s", nothing);
  CHECK(message(check(std::vector{one, other})) == "fine");
  CHECK(
    message(check(std::vector{one, other, one})) ==
    "loop \"a\": two loops have this name; rename one");
  CHECK_THAT(
    message(check(std::vector{one, loop("c")})), Catch::Contains("no stages"));
}

TEST_CASE("waits are stages of the graph", "[builder]") {
  const auto waits =
    loop("digits")
      .stage("train", command("./train"))
      .approval("sign-off", {.within = 24h, .on_timeout = on_timeout::reject})
      .wait_for_signal(
        "labels",
        {.signal = "labels-ready",
         .within = 7 * 24h,
         .on_timeout = on_timeout::skip})
      .wait_for_signal("go", {.within = 1h, .on_timeout = on_timeout::fail})
      .after("train")
      .sleep("soak", 1h);
  const auto& stages = waits.definition().stages;
  REQUIRE(stages.size() == 5);
  CHECK(stages[1].kind == workflows::stage_kind::approval);
  CHECK(stages[1].after == std::vector<std::string>{"train"});
  CHECK(stages[1].wait.within == 24h);
  CHECK(stages[1].wait.on_timeout == on_timeout::reject);
  CHECK(stages[2].kind == workflows::stage_kind::wait_signal);
  CHECK(stages[2].wait.signal == "labels-ready");
  CHECK(stages[3].wait.signal == "go");
  CHECK(stages[3].after == std::vector<std::string>{"train"});
  CHECK(stages[4].kind == workflows::stage_kind::sleep);
  CHECK(stages[4].wait.within == 1h);
  CHECK(stages[4].wait.on_timeout == on_timeout::undeclared);
  CHECK(check(waits).ok());
}
