#include "workflows/iteration.hpp"

#include "plans.hpp"
#include "seeds.hpp"

#include <algorithm>
#include <map>
#include <set>

/// Random plans, commands and crashes against the rules that must always
/// hold. The world outside the machine is modelled too: a set of attempts
/// that run somewhere, started and stopped only by effects.

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

namespace {

using enum stage_status;

std::vector<stage_definition> random_stages(dice& random) {
  const auto count = 1 + random.below(8);
  std::vector<stage_definition> stages;
  for (std::size_t i = 0; i < count; ++i) {
    names after;
    for (std::size_t before = 0; before < i; ++before)
      if (random.one_in(3))
        after.push_back("s" + std::to_string(before));
    const bool gates = !after.empty() && random.one_in(4);
    auto stage = step(
      "s" + std::to_string(i), std::move(after),
      gates ? stage_kind::gate : stage_kind::command);
    stage.retry.max_attempts = 1 + static_cast<std::uint32_t>(random.below(3));
    stages.push_back(std::move(stage));
  }
  if (count > 1 && random.one_in(2)) {
    auto& chosen = stages[1 + random.below(count - 1)];
    chosen.kind = stage_kind::promote;
    if (chosen.after.empty())
      chosen.after.push_back("s0");
  }
  // Declaration order need not be the order of time.
  for (std::size_t i = count; i > 1; --i)
    std::swap(stages[i - 1], stages[random.below(i)]);
  return stages;
}

class trial {
public:
  explicit trial(std::uint64_t seed) : random_(seed) {
    plan_ = plan_of(random_stages(random_));
    iteration_started start;
    start.loop = plan_.name;
    start.number = iteration_number{1};
    start.at = now_;
    take(start);
  }

  std::string run() {
    send(begin_iteration{});
    const auto steps = random_.below(60);
    for (std::size_t i = 0; i < steps && wrong_.empty(); ++i) {
      now_ += duration{random_.below(2000)};
      if (random_.one_in(12))
        crash();
      else
        send(random_command());
    }
    drive_to_its_end();
    return wrong_;
  }

private:
  void expect(bool holds, const std::string& rule) {
    if (!holds && wrong_.empty())
      wrong_ = rule;
  }

  const stage_state& stage(const std::string& name) {
    return it_.stages.at(name);
  }

  // Commands ----------------------------------------------------------------

  attempt_failure random_failure() {
    switch (random_.below(5)) {
    case 0:
      return {errc::unavailable, "lost", 0, true};
    case 1:
      return {errc::invalid_argument, "for good", 0, false};
    case 2:
      return {errc::canceled, "stopped", 0, false};
    default:
      return {errc::io_error, "crash", 1, false};
    }
  }

  iteration_command random_command() {
    const auto& chosen = random_.pick(plan_.stages);
    auto attempt = stage(chosen.name).attempt;
    if (random_.one_in(6)) // Stale, or never started.
      attempt += static_cast<std::uint32_t>(random_.below(3)) - 1;
    const bool refuses = chosen.kind == stage_kind::gate && random_.one_in(5);
    switch (random_.below(14)) {
    case 0:
      return cancel_iteration{"ada", "model test"};
    case 1:
      return confirm_canceled{chosen.name, attempt};
    case 2:
      return begin_iteration{};
    case 3:
      return retry_stage{
        random_.one_in(2) ? "" : chosen.name, "ada", "model test"};
    case 4:
    case 5:
    case 6:
      return fail_attempt{chosen.name, attempt, random_failure()};
    case 7:
    case 8:
    case 9:
      return start_retry{chosen.name};
    default:
      return finish_attempt{
        chosen.name,
        attempt,
        {{}, {}, version_number{random_.below(3)}, "found"},
        refuses};
    }
  }

  void send(const iteration_command& command) {
    const auto events = decide(plan_, it_, command, now_);
    const auto again = decide(plan_, it_, command, now_);
    expect(
      events.ok() == again.ok() &&
        (events.ok() ? *events == *again : events.err() == again.err()),
      "decide says the same twice");
    check_results(command, events);
    if (!events)
      return;
    for (const auto& event : *events) {
      check_event(event);
      take(event);
      carry_out(effects(it_, event));
    }
    check_state();
  }

  void take(const iteration_event& event) {
    apply(plan_, it_, event);
    journal_.push_back(event);
  }

  // The world ---------------------------------------------------------------

  void carry_out(const std::vector<iteration_effect>& list) {
    for (const auto& effect : list) {
      if (const auto* run = std::get_if<run_attempt>(&effect)) {
        expect(
          run->deadline == stage(run->stage).due,
          "an attempt is run with the deadline that is recorded");
        world_[run->stage].insert(run->attempt);
      } else if (const auto* stop = std::get_if<stop_attempt>(&effect)) {
        expect(
          it_.cancel_requested && stage(stop->stage).status == running,
          "only a canceled running attempt is stopped");
      } else if (const auto* wake = std::get_if<wake_for_retry>(&effect)) {
        expect(
          stage(wake->stage).due == wake->at,
          "a retry is woken for at the time that is recorded");
      }
    }
  }

  /// State is lost; what is journaled, and what runs outside, is not.
  void crash() {
    iteration rebuilt;
    for (const auto& event : journal_)
      apply(plan_, rebuilt, event);
    expect(rebuilt == it_, "the state is the fold of its events");
    expect(rebuilt.event_count == journal_.size(), "events are counted");
    const auto list = recover(rebuilt);
    carry_out(list);
    std::size_t live = 0;
    for (const auto& [name, state] : rebuilt.stages)
      live += state.status == running || state.status == backing_off ? 1 : 0;
    expect(
      list.size() == (rebuilt.outcome == iteration_outcome::running ? live : 1),
      "a restart resumes each live stage, or reports the end");
    send(begin_iteration{});
  }

  // Rules -------------------------------------------------------------------

  void check_results(
    const iteration_command& command,
    const result<std::vector<iteration_event>>& events) {
    const auto superseded = [&](const std::string& name, std::uint32_t n) {
      return n != stage(name).attempt || n == 0;
    };
    bool stale = false;
    if (const auto* done = std::get_if<finish_attempt>(&command))
      stale = superseded(done->stage, done->attempt);
    else if (const auto* failed = std::get_if<fail_attempt>(&command))
      stale = superseded(failed->stage, failed->attempt);
    else if (const auto* gone = std::get_if<confirm_canceled>(&command))
      stale = superseded(gone->stage, gone->attempt);
    expect(
      !stale || (!events && events.err().code == errc::conflict),
      "a result of another attempt is refused");
  }

  void check_event(const iteration_event& event) {
    if (const auto* started = std::get_if<attempt_started>(&event))
      check_start(*started);
    if (const auto* done = std::get_if<stage_succeeded>(&event)) {
      expect(stage(done->stage).status == running, "only what runs succeeds");
      if (plan_.stage(done->stage)->kind == stage_kind::promote)
        ++promotions_;
      expect(promotions_ <= 1, "an iteration promotes at most once");
    }
    if (std::holds_alternative<iteration_ended>(event))
      expect(
        it_.outcome == iteration_outcome::running,
        "an iteration ends once, or once more after a retry");
    else if (!std::holds_alternative<stage_reset>(event))
      expect(
        it_.outcome == iteration_outcome::running,
        "nothing but a retry happens to an ended iteration");
  }

  void check_start(const attempt_started& event) {
    const auto& before = stage(event.stage);
    expect(
      before.status == pending || before.status == backing_off,
      "one attempt of a stage runs at a time");
    for (const auto& name : plan_.stage(event.stage)->after)
      expect(
        stage(name).status == succeeded,
        "a stage runs only after those before it succeeded");
    expect(
      event.attempt == ++attempts_[event.stage], "attempt numbers are dense");
    for (const auto& [name, state] : it_.stages)
      expect(
        state.status != failed && state.status != refused,
        "nothing starts after a failure or a refusal");
    expect(!it_.cancel_requested, "nothing starts after a cancel");
  }

  void check_state() {
    std::map<stage_status, std::size_t> count;
    for (const auto& [name, state] : it_.stages) {
      ++count[state.status];
      if (state.status == running)
        expect(
          world_[name].contains(state.attempt),
          "what is recorded as running was started");
    }
    const auto live = count[running] + count[backing_off];
    if (it_.outcome == iteration_outcome::running)
      expect(live > 0, "a running iteration has something to wait for");
    else
      expect(live == 0, "an ended iteration has nothing running");
    expect(
      it_.outcome != iteration_outcome::promoted ||
        (promotions_ == 1 && count[succeeded] == it_.stages.size()),
      "promoted means that every stage succeeded");
    expect(
      it_.outcome != iteration_outcome::rejected || count[refused] > 0,
      "rejected means that a gate refused");
    expect(
      (it_.outcome == iteration_outcome::failed) ==
        (it_.outcome != iteration_outcome::running && !it_.cancel_requested &&
         count[failed] > 0),
      "failed means that a stage failed, and nobody canceled");
    expect(
      (it_.outcome == iteration_outcome::canceled) ==
        (it_.outcome != iteration_outcome::running && it_.cancel_requested),
      "canceled means that somebody asked");
  }

  // Progress ----------------------------------------------------------------

  void drive_to_its_end() {
    for (int i = 0; i < 100 && wrong_.empty(); ++i) {
      if (it_.outcome != iteration_outcome::running)
        return;
      for (const auto& each : plan_.stages) {
        const auto now = stage(each.name);
        if (now.status == backing_off) {
          now_ = std::max(now_, now.due);
          send(start_retry{each.name});
        } else if (now.status == running && it_.cancel_requested) {
          send(confirm_canceled{each.name, now.attempt});
        } else if (now.status == running) {
          send(finish_attempt{each.name, now.attempt, {}, false});
        }
      }
    }
    expect(false, "every iteration can come to its end");
  }

  dice random_;
  loop_definition plan_;
  iteration it_;
  std::vector<iteration_event> journal_;
  std::map<std::string, std::set<std::uint32_t>> world_;
  std::map<std::string, std::uint32_t> attempts_;
  std::size_t promotions_ = 0;
  time_point now_ = from_ms(1'000'000);
  std::string wrong_;
};

} // namespace

TEST_CASE("an iteration keeps its rules under random commands", "[model]") {
  const auto wrong = first_failure(
    "an iteration keeps its rules under random commands", 10'000,
    [](std::uint64_t seed) { return trial{seed}.run(); });
  INFO(wrong);
  CHECK(wrong.empty());
}
