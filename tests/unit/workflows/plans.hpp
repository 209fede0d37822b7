#pragma once

#include "workflows/iteration.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

/// Small plans and a live iteration for the tests of this folder.

namespace ratchet::workflows::testing {

using names = std::vector<std::string>;

inline stage_definition step(
  std::string name, names after = {}, stage_kind kind = stage_kind::command) {
  stage_definition stage;
  stage.name = std::move(name);
  stage.kind = kind;
  stage.after = std::move(after);
  stage.argv = {"true"};
  stage.timeout = std::chrono::minutes{30};
  stage.gate.metric = "accuracy";
  return stage;
}

inline loop_definition plan_of(std::vector<stage_definition> stages) {
  loop_definition plan;
  plan.name = "digits";
  plan.stages = std::move(stages);
  return plan;
}

/// An iteration under test: sends commands, applies what they decide.
struct live_iteration {
  loop_definition plan;
  iteration it;
  time_point now = from_ms(1'000'000);
  std::vector<iteration_event> journal;

  explicit live_iteration(
    std::vector<stage_definition> stages,
    std::vector<cleanup_definition> cleanup = {})
      : plan(plan_of(std::move(stages))) {
    plan.cleanup = std::move(cleanup);
    iteration_started start;
    start.loop = plan.name;
    start.number = iteration_number{7};
    start.at = now;
    take(start);
  }

  void take(const iteration_event& event) {
    apply(plan, it, event);
    journal.push_back(event);
  }

  result<std::vector<iteration_event>> send(const iteration_command& command) {
    auto events = decide(plan, it, command, now);
    if (events)
      for (const auto& event : *events)
        take(event);
    return events;
  }

  /// Sends and expects to be obeyed.
  std::vector<iteration_event> must(const iteration_command& command) {
    auto events = send(command);
    INFO((events ? std::string{} : events.err().message));
    REQUIRE(events.ok());
    return *events;
  }
  /// Sends and expects to be refused, with nothing changed.
  error refused(const iteration_command& command) {
    const auto before = it;
    const auto events = send(command);
    REQUIRE_FALSE(events.ok());
    REQUIRE(it == before);
    return events.err();
  }

  void begin() { must(begin_iteration{}); }
  void finish(const std::string& stage, stage_result output = {}) {
    must(finish_attempt{stage, attempt(stage), std::move(output), false});
  }
  void refuse(const std::string& stage, std::string sentence = "worse") {
    must(finish_attempt{
      stage, attempt(stage), {{}, {}, {}, std::move(sentence)}, true});
  }
  void fail(const std::string& stage, attempt_failure failure = {}) {
    must(fail_attempt{stage, attempt(stage), std::move(failure)});
  }
  void cancel() { must(cancel_iteration{"ada", "wrong data"}); }

  [[nodiscard]] std::uint32_t attempt(const std::string& stage) const {
    return it.stages.at(stage).attempt;
  }
  [[nodiscard]] stage_status status(const std::string& stage) const {
    return it.stages.at(stage).status;
  }
};

inline stage_definition
with_tries(stage_definition stage, std::uint32_t tries) {
  stage.retry.max_attempts = tries;
  stage.retry.jitter = 0;
  return stage;
}

/// An approval.
inline stage_definition wait_step(
  std::string name, names after = {},
  wait_outcome on_timeout = wait_outcome::reject) {
  auto stage = step(std::move(name), std::move(after), stage_kind::approval);
  stage.wait.within = std::chrono::hours{24};
  stage.wait.on_timeout = on_timeout;
  return stage;
}

/// A wait for the signal "labels-ready".
inline stage_definition signal_step(
  std::string name, names after = {},
  wait_outcome on_timeout = wait_outcome::fail) {
  auto stage = wait_step(std::move(name), std::move(after), on_timeout);
  stage.kind = stage_kind::wait_signal;
  stage.wait.signal = "labels-ready";
  return stage;
}

inline stage_condition
at_least(std::string stage, std::string value, double least) {
  return {
    predicate_kind::number,
    std::move(stage),
    std::move(value),
    comparison::at_least,
    least,
    {},
    {}};
}

inline stage_condition skipped_before(std::string stage) {
  stage_condition asked;
  asked.kind = predicate_kind::skipped;
  asked.stage = std::move(stage);
  return asked;
}

/// prepare -> (train, tune) -> judge (a gate) -> promote
inline std::vector<stage_definition> diamond() {
  return {
    step("prepare"), with_tries(step("train", {"prepare"}), 2),
    with_tries(step("tune", {"prepare"}), 2),
    step("judge", {"train", "tune"}, stage_kind::gate),
    step("promote", {"judge"}, stage_kind::promote)};
}

inline live_iteration training() {
  live_iteration live{diamond()};
  live.begin();
  live.finish("prepare");
  return live;
}

inline const attempt_failure crash{errc::io_error, "boom", 1, false};
inline const attempt_failure lost{errc::unavailable, "worker gone", 0, true};
inline const attempt_failure stopped{errc::canceled, "terminated", 0, false};

} // namespace ratchet::workflows::testing
