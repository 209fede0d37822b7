#include "tests/unit/actors/node_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

using namespace ratchet;
using ratchet::actors::operator_verb;
using ratchet::test::does_nothing;
using ratchet::test::node_fixture;
using workflows::iteration_outcome;
using namespace std::chrono_literals;

namespace {

/// Counts the calls that overlap.
struct busy {
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  std::atomic<int> calls{0};
  std::atomic<bool> hold{false};

  stage_function function() {
    return [this](stage_context& context) {
      const auto here = ++now;
      auto seen = most.load();
      while (here > seen && !most.compare_exchange_weak(seen, here)) {
      }
      ++calls;
      while (hold && !context.canceled())
        std::this_thread::yield();
      --now;
      return result<stage_output>{stage_output{}};
    };
  }
};

loop one_stage(const std::string& name, const callable& stage) {
  loop made{name};
  made.timing(asynchronous{.max_in_flight = 8}).stage("work", stage);
  return made;
}

workflows::attempt_failure
failure_of(const std::vector<workflows::iteration_event>& events) {
  for (const auto& event : events)
    if (const auto* failed = std::get_if<workflows::attempt_failed>(&event))
      return failed->failure;
  return {};
}

} // namespace

TEST_CASE_METHOD(
  node_fixture, "a label's limit holds over all loops", "[actors][slots]") {
  limits.labels = {{"gpu", 1}};
  busy gpu;
  start(
    {one_stage("a", callable{gpu.function()}.label("gpu")),
     one_stage("b", callable{gpu.function()}.label("gpu"))});
  std::vector<iteration_number> a;
  std::vector<iteration_number> b;
  for (int i = 0; i < 4; ++i) {
    a.push_back(trigger("a"));
    b.push_back(trigger("b"));
  }
  for (const auto n : a)
    wait_for_end("a", n);
  for (const auto n : b)
    wait_for_end("b", n);
  CHECK(gpu.calls == 8);
  CHECK(gpu.most == 1);
}

TEST_CASE_METHOD(
  node_fixture, "a loop's own limit holds over its iterations",
  "[actors][slots]") {
  busy work;
  auto bounded = one_stage("a", callable{work.function()});
  bounded.concurrency(2);
  start({bounded});
  std::vector<iteration_number> all;
  for (int i = 0; i < 8; ++i)
    all.push_back(trigger("a"));
  for (const auto n : all)
    wait_for_end("a", n);
  CHECK(work.calls == 8);
  CHECK(work.most <= 2);
}

TEST_CASE_METHOD(
  node_fixture, "a queued attempt is recorded, and waits on after a restart",
  "[actors][slots][restart]") {
  limits.slots = 1;
  busy first;
  busy second;
  first.hold = true;
  const std::vector<loop> loops{
    one_stage("a", callable{first.function()}),
    one_stage("b", callable{second.function()})};
  start(loops);
  const auto holds = trigger("a");
  eventually("the slot is taken", [&] { return first.now == 1; });
  const auto waits = trigger("b");
  eventually("the wait is recorded", [&] {
    return count<workflows::attempt_queued>("b", waits) == 1;
  });
  // The first attempt ends with the node, not before: its slot would go to the
  // second one.
  stop();
  first.hold = false;
  start(loops);
  wait_for_end("a", holds);
  wait_for_end("b", waits);
  CHECK(summary("b", waits).outcome == iteration_outcome::completed);
  // The same attempt, counted once: it was neither lost nor begun before.
  CHECK(count<workflows::attempt_started>("b", waits) == 1);
  CHECK(count<workflows::attempt_dispatched>("b", waits) == 1);
  CHECK(second.calls == 1);
  CHECK(count<workflows::attempt_started>("a", holds) == 2);
}

TEST_CASE_METHOD(
  node_fixture, "an attempt that gets no slot in time fails",
  "[actors][slots]") {
  auto& time = use_manual_clock(from_ms(1'000'000'000));
  limits.slots = 1;
  busy first;
  busy second;
  first.hold = true;
  start(
    {one_stage("a", callable{first.function()}),
     one_stage("b", callable{second.function()}.start_within(10min))});
  const auto holds = trigger("a");
  eventually("the slot is taken", [&] { return first.now == 1; });
  const auto waits = trigger("b");
  eventually("it waits", [&] { return node->slots().front().waiting == 1; });
  time.advance(10min);
  wait_for_end("b", waits);
  CHECK(summary("b", waits).outcome == iteration_outcome::failed);
  const auto failure = failure_of(events("b", waits));
  CHECK(failure.code == errc::timed_out);
  CHECK(failure.name == workflows::start_timeout);
  CHECK(second.calls == 0);
  CHECK(node->slots().front().waiting == 0);
  first.hold = false;
  wait_for_end("a", holds);
  clock = nullptr;
  stop();
}

TEST_CASE_METHOD(
  node_fixture, "an attempt without a sign of life is stopped",
  "[actors][heartbeat]") {
  start({one_stage("a", callable{[](stage_context& context) {
                          while (!context.canceled())
                            std::this_thread::yield();
                          return result<stage_output>{stage_output{}};
                        }}.heartbeat_within(50ms))});
  const auto n = trigger("a");
  wait_for_end("a", n);
  const auto failure = failure_of(events("a", n));
  CHECK(failure.code == errc::timed_out);
  CHECK(failure.name == workflows::heartbeat_timeout);
}

TEST_CASE_METHOD(
  node_fixture, "a silent command is stopped, whatever its clock says",
  "[actors][heartbeat]") {
  use_manual_clock(from_ms(1'000'000'000));
  loop made{"a"};
  made.stage(
    "work",
    command({"/bin/sh", "-c", "exec sleep 1000"}).heartbeat_within(100ms));
  start({made});
  const auto n = trigger("a");
  // Its sign of life is known while it runs, and only then.
  const auto id = make_attempt_id("a", n, "work", 1);
  eventually("it runs", [&] {
    return node->heartbeat(id).ok() || to_ms(summary("a", n).ended) != 0;
  });
  wait_for_end("a", n);
  CHECK(failure_of(events("a", n)).name == workflows::heartbeat_timeout);
  CHECK(node->heartbeat(id).err().code == errc::not_found);
  clock = nullptr;
  stop();
}

TEST_CASE_METHOD(
  node_fixture, "a function names its failure", "[actors][retry]") {
  std::atomic<int> calls{0};
  start({one_stage(
    "a", callable{[&](stage_context& context) -> result<stage_output> {
           ++calls;
           return context.fail("bad_data", "row 7 has no label");
         }}.retry({.max_attempts = 3, .non_retryable = {"bad_data"}}))});
  const auto n = trigger("a");
  wait_for_end("a", n);
  CHECK(calls == 1);
  CHECK(failure_of(events("a", n)).name == "bad_data");
  CHECK(failure_of(events("a", n)).message == "row 7 has no label");
}

TEST_CASE_METHOD(
  node_fixture, "a command names its failure", "[actors][retry]") {
  loop made{"a"};
  made.stage(
    "work",
    command({"/bin/sh", "-c",
             R"(echo '{"code": "bad_data", "message": "row 7"}' )"
             R"(> "$RATCHET_OUTPUT/error.json"; exit 1)"})
      .retry({.max_attempts = 3, .non_retryable = {"bad_data"}}));
  start({made});
  const auto n = trigger("a");
  wait_for_end("a", n);
  CHECK(count<workflows::attempt_started>("a", n) == 1);
  const auto failure = failure_of(events("a", n));
  CHECK(failure.name == "bad_data");
  CHECK(failure.message.find("row 7") != std::string::npos);
}

TEST_CASE_METHOD(
  node_fixture, "a cancel is carried on by the next engine",
  "[actors][node][restart]") {
  loop made{"a"};
  // It does not heed SIGTERM, so that the engine stops before it ends.
  made.stage(
    "work",
    command({"/bin/sh", "-c",
             R"(trap '' TERM; touch "$RATCHET_OUTPUT/ready"; )"
             "while :; do sleep 0.01; done"})
      .grace(500ms));
  start({made});
  const auto n = trigger("a");
  const auto id = make_attempt_id("a", n, "work", 1);
  eventually("it runs", [&] {
    return std::filesystem::exists(
      directory / "attempts" / id / "out" / "ready");
  });
  REQUIRE(ask({.verb = operator_verb::cancel, .loop = "a", .iteration = n}));
  stop();
  start({made});
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::canceled);
}
