#include "workflows/iteration.hpp"
#include "workflows/sleep.hpp"
#include "workflows/wait_list.hpp"

#include "plans.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

using enum stage_status;

namespace {

/// train -> `wait` -> publish
live_iteration waiting_on(
  const stage_definition& wait, const stage_condition* when = nullptr) {
  auto publish = step("publish", {wait.name});
  if (when != nullptr)
    publish.when = *when;
  live_iteration live{{step("train"), wait, publish}};
  live.begin();
  live.finish("train");
  return live;
}

live_iteration
waiting_for_approval(wait_outcome on_timeout = wait_outcome::reject) {
  return waiting_on(wait_step("sign-off", {"train"}, on_timeout));
}

live_iteration
waiting_for_labels(wait_outcome on_timeout = wait_outcome::fail) {
  return waiting_on(signal_step("labels", {"train"}, on_timeout));
}

send_signal labels(std::string id = {}, std::string payload = "42 labels") {
  return {"labels-ready", std::move(id), "ada", std::move(payload)};
}

const stage_state& stage(const live_iteration& live, const std::string& name) {
  return live.it.stages.at(name);
}

} // namespace

TEST_CASE("a wait holds nothing and has a deadline", "[iteration][waits]") {
  const auto live = waiting_for_approval();
  CHECK(live.status("sign-off") == waiting);
  CHECK(live.attempt("sign-off") == 0);
  CHECK(stage(live, "sign-off").started == live.now);
  CHECK(stage(live, "sign-off").due == live.now + 24h);
  CHECK(asleep_until(live.it) == live.now + 24h);
  const auto armed = effects(live.it, live.journal.back());
  REQUIRE(armed.size() == 1);
  CHECK(std::get<wake_for_deadline>(armed[0]).at == live.now + 24h);
}

TEST_CASE("a restart arms a deadline again", "[iteration][waits]") {
  const auto live = waiting_for_labels();
  const auto list = recover(live.it);
  REQUIRE(list.size() == 1);
  CHECK(std::get<wake_for_deadline>(list[0]).stage == "labels");
  CHECK(std::get<wake_for_deadline>(list[0]).at == live.now + 24h);
}

TEST_CASE("an approval lets the iteration go on", "[iteration][waits]") {
  auto live = waiting_for_approval();
  live.now += 2h;
  const auto named = GENERATE(std::string{}, std::string{"sign-off"});
  const auto events = live.must(approve_stage{named, "ada", "looks good"});
  CHECK(
    std::get<stage_approved>(events.at(0)) ==
    stage_approved{"sign-off", "ada", "looks good", live.now});
  CHECK(live.status("sign-off") == succeeded);
  CHECK(stage(live, "sign-off").ended == live.now);
  CHECK(stage(live, "sign-off").output.values.at("decision") == "approved");
  CHECK(stage(live, "sign-off").output.values.at("who") == "ada");
  CHECK(
    stage(live, "sign-off").output.sentence == "approved by ada: looks good");
  CHECK(live.status("publish") == running);
}

TEST_CASE("a rejection ends the iteration rejected", "[iteration][waits]") {
  auto live = waiting_for_approval();
  live.must(reject_stage{"", "ada", "scores look off"});
  CHECK(live.status("sign-off") == refused);
  CHECK(live.status("publish") == pending);
  CHECK(live.it.outcome == iteration_outcome::rejected);
  CHECK(
    live.it.end_reason ==
    "approval \"sign-off\" was rejected by ada: scores look off");
}

TEST_CASE("the same answer twice is one answer", "[iteration][waits]") {
  auto live = waiting_for_approval();
  live.must(approve_stage{"sign-off", "ada", ""});
  CHECK(live.must(approve_stage{"sign-off", "bob", ""}).empty());
  CHECK(live.must(approve_stage{"", "bob", ""}).empty());
  const auto no = live.refused(reject_stage{"sign-off", "bob", "wait"});
  CHECK(no.code == errc::conflict);
  CHECK(
    no.message ==
    "stage \"sign-off\" has its end already: succeeded, approved by ada");
}

TEST_CASE("an answer needs somebody who waits for it", "[iteration][waits]") {
  live_iteration live{
    {step("train"), wait_step("first", {"train"}),
     wait_step("second", {"train"})}};
  live.begin();
  CHECK(
    live.refused(approve_stage{"first", "ada", ""}).message ==
    "stage \"first\" does not wait for an answer yet");
  CHECK(
    live.refused(approve_stage{"", "ada", ""}).message ==
    "iteration 7 waits for no approval at the moment");
  CHECK(live.refused(approve_stage{"nope", "ada", ""}).code == errc::not_found);
  CHECK(
    live.refused(approve_stage{"train", "ada", ""}).message ==
    "stage \"train\" asks for no approval");
  live.finish("train");
  CHECK(
    live.refused(approve_stage{"", "ada", ""}).message ==
    "iteration 7 waits for several approvals, \"first\" and \"second\" among "
    "them; name the stage");
  live.must(approve_stage{"second", "ada", ""});
  CHECK(live.status("first") == waiting);
  CHECK(live.status("second") == succeeded);
}

TEST_CASE("what is declared happens at the deadline", "[iteration][waits]") {
  struct row {
    wait_outcome on_timeout;
    stage_status status;
    iteration_outcome outcome;
    std::string reason;
  };
  const auto [on_timeout, status, outcome, reason] = GENERATE(
    row{
      wait_outcome::approve, succeeded, iteration_outcome::running,
      "approved: nobody answered within 1d"},
    row{
      wait_outcome::reject, refused, iteration_outcome::rejected,
      "approval \"sign-off\" was rejected: nobody answered within 1d"},
    row{
      wait_outcome::fail, failed, iteration_outcome::failed,
      "stage \"sign-off\" failed: nobody answered within 1d"},
    row{
      wait_outcome::skip, skipped, iteration_outcome::running,
      "nobody answered within 1d"});
  auto live = waiting_for_approval(on_timeout);
  live.now += 24h;
  live.must(pass_deadline{"sign-off"});
  const auto& state = stage(live, "sign-off");
  CHECK(state.status == status);
  CHECK(state.ended == live.now);
  CHECK(live.it.outcome == outcome);
  switch (on_timeout) {
  case wait_outcome::approve:
    CHECK(state.output.sentence == reason);
    CHECK(state.output.values.at("who") == "timeout");
    break;
  case wait_outcome::skip:
    CHECK(state.skip_reason == reason);
    CHECK(state.skipped_by == timeout_decides);
    break;
  default:
    CHECK(live.it.end_reason == reason);
  }
  if (on_timeout == wait_outcome::fail) {
    CHECK(state.failure_code == errc::timed_out);
    CHECK(state.failure_name == wait_timeout);
  }
  if (outcome == iteration_outcome::running)
    CHECK(live.status("publish") == running);
}

TEST_CASE("a deadline does not come early", "[iteration][waits]") {
  auto live = waiting_for_approval();
  live.now += 24h - 1ms;
  CHECK(live.refused(pass_deadline{"sign-off"}).code == errc::conflict);
  live.must(approve_stage{"", "ada", "just in time"});
  live.now += 1ms;
  CHECK(live.must(pass_deadline{"sign-off"}).empty());
  CHECK(live.refused(pass_deadline{"nope"}).code == errc::not_found);
}

TEST_CASE("an answer at the deadline is too late", "[iteration][waits]") {
  auto live = waiting_for_approval(wait_outcome::approve);
  live.now += 24h;
  const auto late = live.refused(reject_stage{"", "ada", "no"});
  CHECK(late.code == errc::conflict);
  CHECK(late.message.find("it comes too late") != std::string::npos);
  CHECK(live.status("sign-off") == waiting);
}

TEST_CASE("a signal is taken by who waits for it", "[iteration][waits]") {
  auto live = waiting_for_labels();
  const auto events = live.must(labels("batch-1"));
  REQUIRE(events.size() == 3);
  CHECK(
    std::get<signal_received>(events[0]) ==
    signal_received{"labels-ready", "batch-1", "ada", "42 labels", live.now});
  CHECK(
    std::get<signal_taken>(events[1]) ==
    signal_taken{"labels", "labels-ready", 1, live.now});
  CHECK(live.status("labels") == succeeded);
  const auto& values = stage(live, "labels").output.values;
  CHECK(values.at("payload") == "42 labels");
  CHECK(values.at("from") == "ada");
  CHECK(values.at("id") == "batch-1");
  CHECK(live.status("publish") == running);
  CHECK(live.it.signals.at(0).taken_by == "labels");
  CHECK(live.it.signals.at(0).payload.empty());
}

TEST_CASE("a signal that comes early is kept", "[iteration][waits]") {
  live_iteration live{
    {step("train"), signal_step("labels", {"train"}),
     signal_step("more", {"labels"}), step("publish", {"more"})}};
  live.begin();
  CHECK(live.must(labels("a", "first")).size() == 1);
  CHECK(live.must(labels("b", "second")).size() == 1);
  CHECK(live.it.signals.at(0).taken_by.empty());
  // The whole chain goes on by one decision.
  live.finish("train");
  CHECK(stage(live, "labels").output.values.at("payload") == "first");
  CHECK(stage(live, "more").output.values.at("payload") == "second");
  CHECK(live.status("publish") == running);
}

TEST_CASE("a signal is taken once", "[iteration][waits]") {
  live_iteration live{
    {step("train"), signal_step("here", {"train"}),
     signal_step("there", {"train"})}};
  live.begin();
  live.must(labels("a", "first"));
  live.finish("train");
  CHECK(live.status("here") == succeeded);
  CHECK(live.status("there") == waiting);
  live.must(labels("b", "second"));
  CHECK(stage(live, "there").output.values.at("payload") == "second");
  CHECK(live.it.outcome == iteration_outcome::completed);
}

TEST_CASE("conditions ask for what a signal said", "[iteration][waits]") {
  const auto approves = GENERATE(true, false);
  stage_condition asked;
  asked.kind = predicate_kind::text;
  asked.stage = "labels";
  asked.value = "payload";
  asked.text = "go";
  auto live = waiting_on(signal_step("labels", {"train"}), &asked);
  live.must(labels("", approves ? "go" : "stop"));
  CHECK(live.status("publish") == (approves ? running : skipped));
}

TEST_CASE("one id is one signal", "[iteration][waits]") {
  auto live = waiting_for_labels();
  live.must(labels("a"));
  CHECK(live.must(labels("a")).empty());
  CHECK(
    live.refused(labels("a", "other")).message ==
    "signal id \"a\" was used before for signal \"labels-ready\" with other "
    "content; give each its own");
  live.finish("publish");
  REQUIRE(live.it.outcome == iteration_outcome::completed);
  CHECK(live.must(labels("a")).empty());
  CHECK(live.refused(labels("b")).code == errc::conflict);
}

TEST_CASE("a signal needs somebody to take it", "[iteration][waits]") {
  auto live = waiting_for_labels();
  const auto unknown = live.refused(send_signal{"label-ready", "", "ada", ""});
  CHECK(unknown.code == errc::not_found);
  CHECK(
    unknown.message ==
    "iteration 7 never waits for a signal \"label-ready\"; its stages wait for "
    "\"labels-ready\"");
  live.cancel();
  CHECK(live.refused(labels()).code == errc::conflict);
}

TEST_CASE("a function may wait for any signal", "[iteration][waits]") {
  live_iteration live{{step("work", {}, stage_kind::callable)}};
  live.begin();
  live.must(send_signal{"whatever", "", "ada", "x"});
  CHECK(live.it.signals.size() == 1);
}

TEST_CASE("what is sent to an iteration is bounded", "[iteration][waits]") {
  live_iteration live{{step("train"), signal_step("labels", {"train"})}};
  live.begin();
  SECTION("one payload") {
    live.must(labels("", std::string(most_payload_bytes, 'x')));
    CHECK(
      live.refused(labels("", std::string(most_payload_bytes + 1, 'x'))).code ==
      errc::resource_limit);
  }
  SECTION("those that nobody took") {
    for (std::size_t i = 0; i < most_kept_bytes / most_payload_bytes; ++i)
      live.must(labels("", std::string(most_payload_bytes, 'x')));
    CHECK(live.refused(labels("", "x")).code == errc::resource_limit);
    // The first one is taken, which makes room.
    live.finish("train");
    REQUIRE(live.it.outcome == iteration_outcome::completed);
  }
  SECTION("their number") {
    for (std::size_t i = 0; i < most_signals; ++i)
      live.must(labels("", ""));
    CHECK(live.refused(labels("", "")).code == errc::resource_limit);
  }
  SECTION("ids") {
    live.must(labels(std::string(longest_signal_id, 'i')));
    CHECK(
      live.refused(labels(std::string(longest_signal_id + 1, 'i'))).code ==
      errc::invalid_argument);
  }
}

TEST_CASE("a signal after the deadline is not taken", "[iteration][waits]") {
  auto live = waiting_for_labels();
  live.now += 24h;
  CHECK(live.must(labels()).size() == 1);
  CHECK(live.status("labels") == waiting);
  live.must(pass_deadline{"labels"});
  CHECK(
    live.it.end_reason ==
    "stage \"labels\" failed: no signal \"labels-ready\" came within 1d");
}

TEST_CASE("a sleep ends when its time has passed", "[iteration][waits]") {
  auto wait = step("soak", {"train"}, stage_kind::sleep);
  wait.wait.within = 1h;
  auto live = waiting_on(wait);
  live.now += 1h - 1ms;
  CHECK(live.refused(pass_deadline{"soak"}).code == errc::conflict);
  live.now += 1ms;
  const auto events = live.must(pass_deadline{"soak"});
  CHECK(std::get<stage_slept>(events.at(0)) == stage_slept{"soak", live.now});
  CHECK(live.status("soak") == succeeded);
  CHECK(live.status("publish") == running);
}

TEST_CASE("a wait can be skipped, canceled, repeated", "[iteration][waits]") {
  auto live = waiting_for_approval();
  SECTION("skipped") {
    live.must(skip_stage{"sign-off", "ada", "in a hurry"});
    CHECK(live.status("sign-off") == skipped);
    CHECK(live.status("publish") == running);
  }
  SECTION("canceled") {
    live.cancel();
    CHECK(live.status("sign-off") == canceled);
    CHECK(live.it.outcome == iteration_outcome::canceled);
  }
  SECTION("repeated") {
    live.must(reject_stage{"", "ada", "no"});
    live.now += 1h;
    live.must(retry_stage{"", "bob", "talked to ada"});
    CHECK(live.status("sign-off") == waiting);
    CHECK(stage(live, "sign-off").due == live.now + 24h);
    live.must(approve_stage{"", "ada", "fine now"});
    CHECK(live.status("publish") == running);
  }
  SECTION("skipped after its no") {
    live.must(reject_stage{"", "ada", "no"});
    live.must(skip_stage{"sign-off", "bob", "overruled"});
    CHECK(live.status("publish") == running);
  }
}

TEST_CASE("a failure elsewhere ends a wait", "[iteration][waits]") {
  live_iteration live{{step("train"), wait_step("sign-off")}};
  live.begin();
  live.fail("train", crash);
  CHECK(live.status("sign-off") == canceled);
  CHECK(live.it.outcome == iteration_outcome::failed);
  CHECK(live.refused(approve_stage{"", "ada", ""}).code == errc::conflict);
}

TEST_CASE("a wait has no attempts to report of", "[iteration][waits]") {
  auto live = waiting_for_approval();
  CHECK(
    live.refused(finish_attempt{"sign-off", 1, {}, false}).code ==
    errc::conflict);
  CHECK(live.must(start_retry{"sign-off"}).empty());
}

TEST_CASE("everything that waits can be listed", "[iteration][waits]") {
  auto late = step("queued");
  late.start_within = 10min;
  auto child = step("nested", {}, stage_kind::run_loop);
  child.timeout = 2h;
  child.nested.loop = "small";
  live_iteration live{
    {with_tries(step("again"), 2), late, wait_step("sign-off"),
     signal_step("labels", {}, wait_outcome::skip), step("busy"),
     step("later", {"busy"}), child}};
  live.begin();
  const auto began = live.now;
  live.now += 3s;
  live.fail("again", crash);
  live.must(queue_attempt{"queued", 1});
  const auto list = waits_of(live.plan, live.it);
  REQUIRE(list.size() == 5);
  CHECK(
    list[0] ==
    wait_info{
      "again", wait_kind::back_off, 1, "", live.now, live.now + 1s,
      "attempt 2 starts", "boom"});
  CHECK(
    list[1] ==
    wait_info{
      "queued", wait_kind::slot, 1, "", began, began + 10min,
      "the attempt fails", ""});
  CHECK(
    list[2] ==
    wait_info{
      "sign-off", wait_kind::approval, 0, "", began, began + 24h,
      "it counts as rejected", ""});
  CHECK(
    list[3] ==
    wait_info{
      "labels", wait_kind::signal, 0, "labels-ready", began, began + 24h,
      "the stage is skipped", ""});
  CHECK(
    list[4] ==
    wait_info{
      "nested", wait_kind::child, 1, "", began, began + 2h,
      "the child is canceled and the attempt fails", "", "small"});
  live.cancel();
  live.must(confirm_canceled{"busy", 1});
  live.must(confirm_canceled{"nested", 1});
  CHECK(waits_of(live.plan, live.it).empty());
}
