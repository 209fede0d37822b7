#include "workflows/nested_end.hpp"

#include "plans.hpp"
#include "ratchet/loop.hpp"
#include "workflows/loop_state.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

namespace {

stage_definition nested(
  child_policy on_timeout, child_policy on_rejected, child_policy on_failed) {
  auto stage = step("child", {}, stage_kind::run_loop);
  stage.timeout = 2h;
  stage.nested = {"small", on_timeout, on_rejected, on_failed};
  return stage;
}

constexpr auto fails = child_policy::fail;
constexpr auto goes_on = child_policy::go_on;

} // namespace

TEST_CASE("a child's end is its stage's by policy", "[nested]") {
  struct row {
    iteration_outcome outcome;
    child_policy on_rejected;
    child_policy on_failed;
    bool success;
  };
  const auto r = GENERATE(values<row>({
    {iteration_outcome::promoted, fails, fails, true},
    {iteration_outcome::completed, fails, fails, true},
    {iteration_outcome::rejected, fails, goes_on, false},
    {iteration_outcome::rejected, goes_on, fails, true},
    {iteration_outcome::failed, goes_on, fails, false},
    {iteration_outcome::failed, fails, goes_on, true},
    {iteration_outcome::canceled, goes_on, fails, false},
    {iteration_outcome::canceled, fails, goes_on, true},
  }));
  const auto end = end_of_child(
    nested(fails, r.on_rejected, r.on_failed), iteration_number{12}, r.outcome,
    version_number{4}, "because");
  REQUIRE(end.failure.has_value() == !r.success);
  if (!r.success) {
    CHECK(end.failure->code == errc::failed_condition);
    CHECK(end.failure->name == to_string(r.outcome));
    CHECK(
      end.failure->message ==
      "iteration 12 of small ended " + std::string{to_string(r.outcome)} +
        ": because");
    return;
  }
  CHECK(end.output.values.at("loop") == "small");
  CHECK(end.output.values.at("iteration") == "12");
  CHECK(end.output.values.at("outcome") == to_string(r.outcome));
  CHECK(end.output.values.at("version") == "4");
  CHECK(end.output.values.at("reason") == "because");
  // It is a version of the other loop.
  CHECK(end.output.version == version_number{});
}

TEST_CASE("a wait that is too long ends by policy", "[nested]") {
  const auto child = iteration_number{GENERATE(0U, 12U)};
  const std::string reason = child.value == 0
    ? "no iteration of small could be started within 2h: loop \"small\" is "
      "paused"
    : "iteration 12 of small did not end within 2h";
  const std::string obstacle = "loop \"small\" is paused";
  const auto failed = end_of_wait(nested(fails, fails, fails), child, obstacle);
  REQUIRE(failed.failure);
  CHECK(failed.failure->code == errc::timed_out);
  CHECK(failed.failure->name == close_timeout);
  CHECK(failed.failure->message == reason);
  const auto passed =
    end_of_wait(nested(goes_on, fails, fails), child, obstacle);
  REQUIRE_FALSE(passed.failure);
  CHECK(passed.output.values.at("outcome") == "timeout");
  CHECK(passed.output.values.at("reason") == reason);
  CHECK(passed.output.values.contains("iteration") == (child.value != 0));
}

TEST_CASE("a start keeps the request that asked for it", "[nested]") {
  loop_definition small;
  small.name = "small";
  loop_state state;
  const start_iteration wish{
    .who = "iteration 7 of big",
    .reason = "stage",
    .inputs = {},
    .request = "big.7.child.1"};
  auto events = decide(small, state, wish, from_ms(1000));
  REQUIRE(events.ok());
  const auto& started = std::get<iteration_requested>(events->at(0));
  CHECK(started.request == "big.7.child.1");
  CHECK(started.who == "iteration 7 of big");
  ratchet::workflows::apply(state, events->at(0));
  // A full loop, or one that is paused, is no reason to give up.
  CHECK(decide(small, state, wish, from_ms(1)).err().code == errc::conflict);
  ratchet::workflows::apply(
    state, iteration_closed{started.number, {}, from_ms(2)});
  ratchet::workflows::apply(state, loop_paused{"ada", "", from_ms(3)});
  CHECK(decide(small, state, wish, from_ms(4)).err().code == errc::conflict);
}

TEST_CASE("a loop may run another", "[builder][nested]") {
  const auto big = loop("big").run_loop(
    "child", "small",
    {.within = 2h,
     .on_timeout = child_policy::go_on,
     .on_rejected = child_policy::go_on});
  const auto& stage = big.definition().stages.at(0);
  CHECK(stage.kind == stage_kind::run_loop);
  CHECK(stage.timeout == 2h);
  CHECK(stage.nested.loop == "small");
  CHECK(stage.nested.on_timeout == goes_on);
  CHECK(stage.nested.on_rejected == goes_on);
  CHECK(stage.nested.on_failed == fails);
  const auto same = loop("big").run_loop("child", "small", {.within = 2h});
  CHECK(fingerprint(big.definition()) != fingerprint(same.definition()));
}

TEST_CASE("loops do not run each other in a circle", "[check][nested]") {
  const auto runs = [](const std::string& name, const std::string& other) {
    return loop(name).run_loop("child", other);
  };
  const auto leaf = loop("leaf").stage("work", command("work"));
  struct row {
    std::vector<loop> loops;
    std::string message;
  };
  const auto r = GENERATE_COPY(values<row>({
    {{runs("a", "leaf"), leaf}, ""},
    {{runs("a", "b"), runs("b", "leaf"), leaf}, ""},
    {{runs("a", "leaf"), runs("b", "leaf"), leaf}, ""},
    {{runs("a", "b")},
     "loop \"a\": stage \"child\": it runs loop \"b\", which this program does "
     "not host; add it to the loops"},
    {{runs("a", "")},
     "loop \"a\": stage \"child\": no loop; name the one to run"},
    {{runs("a", "a")},
     "loop \"a\": stage \"child\": loops run each other: \"a\" -> \"a\"; none "
     "would ever end, so remove one run_loop(...)"},
    {{runs("c", "leaf"), runs("a", "b"), runs("b", "a"), leaf},
     "loop \"a\": stage \"child\": loops run each other: \"a\" -> \"b\" -> "
     "\"a\"; none would ever end, so remove one run_loop(...)"},
  }));
  const auto checked = check(r.loops);
  CHECK((checked ? std::string{} : checked.err().message) == r.message);
}
