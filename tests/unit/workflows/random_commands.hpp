#pragma once

#include "random_plans.hpp"

#include "workflows/iteration.hpp"

#include <string>

/// Commands at random, for the model test of an iteration.

namespace ratchet::workflows::testing {

/// What a loop says of an experiment.
inline iteration_command
random_word(dice& random, const std::string& stage, std::uint32_t attempt) {
  if (random.one_in(5))
    return fail_experiment{stage, attempt, {errc::io_error, "no disk"}};
  experiment_verdict verdict;
  verdict.experiment = experiment_number{1 + random.below(3)};
  verdict.outcome = static_cast<experiment_outcome>(1 + random.below(6));
  verdict.sentence = "found";
  if (verdict.outcome == experiment_outcome::promote)
    verdict.winner = version_number{1};
  return decide_experiment{stage, attempt, std::move(verdict)};
}

/// Of a stage or unit among `all`; may make no sense at all.
inline iteration_command random_command(
  dice& random, const loop_definition& plan, const iteration& it,
  const names& all) {
  const auto name = random.pick(all);
  const auto kind = plan.any_stage(std::string{parse_unit(name).stage})->kind;
  auto attempt = it.find(name)->attempt;
  if (random.one_in(6)) // Stale, or never started.
    attempt += static_cast<std::uint32_t>(random.below(3)) - 1;
  if (kind == stage_kind::experiment && random.one_in(3))
    return random_word(random, name, attempt);
  const bool refuses = kind == stage_kind::gate && random.one_in(5);
  const bool calls = kind == stage_kind::callable;
  switch (random.below(is_wait(kind) || calls ? 33 : 26)) {
  case 23:
    return pause_iteration{"ada", "model test", random.one_in(2)};
  case 24:
  case 25:
    return resume_iteration{"ada", "model test"};
  case 31:
    return record_step{
      name, attempt, "s" + std::to_string(random.below(4)),
      std::to_string(random.below(2))};
  case 32: {
    const bool listens = random.one_in(2);
    return suspend_attempt{
      name,
      attempt,
      "w" + std::to_string(random.below(8)),
      listens ? step_kind::signal : step_kind::sleep,
      listens ? "labels-ready" : "",
      it.start.at + duration{random.below(100'000)}};
  }
  case 20:
  case 21:
    return fix_items{name, attempt, {"x", "y"}};
  case 22:
    return fail_items{name, attempt, {errc::io_error, "no disk"}};
  case 19:
    return send_signal{
      "labels-ready", "id" + std::to_string(random.below(20)), "ada", "x"};
  case 26:
  case 27:
    return approve_stage{random.one_in(2) ? "" : name, "ada", "yes"};
  case 28:
    return reject_stage{name, "ada", "no"};
  case 29:
  case 30:
    return pass_deadline{name};
  case 15:
  case 16:
    return queue_attempt{name, attempt};
  case 17:
  case 18:
    return dispatch_attempt{name, attempt};
  case 0:
    return cancel_iteration{"ada", "model test"};
  case 1:
    return confirm_canceled{name, attempt};
  case 2:
    return begin_iteration{};
  case 3:
    return retry_stage{random.one_in(2) ? "" : name, "ada", "model test"};
  case 4:
  case 5:
  case 6:
    return fail_attempt{name, attempt, random_failure(random)};
  case 7:
  case 8:
  case 9:
    return start_retry{name};
  case 10:
    return skip_stage{name, "ada", "model test"};
  default:
    return finish_attempt{
      name,
      attempt,
      {{{"x", numbers[random.below(numbers.size())]},
        {"list", random.one_in(4) ? "7" : "[\"p\", \"q\"]"}},
       {},
       version_number{random.below(3)},
       "found"},
      refuses};
  }
}

} // namespace ratchet::workflows::testing
