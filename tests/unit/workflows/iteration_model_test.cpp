#include "workflows/iteration.hpp"

#include "fan_out_rules.hpp"
#include "pause_rules.hpp"
#include "plans.hpp"
#include "random_commands.hpp"
#include "random_plans.hpp"
#include "seeds.hpp"
#include "wait_rules.hpp"
#include "workflows/replay.hpp"

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

class trial {
public:
  explicit trial(std::uint64_t seed) : random_(seed) {
    plan_ = plan_of(random_stages(random_));
    if (random_.one_in(2))
      add_waits(random_, plan_);
    if (random_.one_in(2))
      add_conditions(random_, plan_);
    if (random_.one_in(2))
      add_fan_outs(random_, plan_);
    if (random_.one_in(2))
      plan_.cleanup = random_cleanup(random_, plan_);
    for (const auto& each : plan_.stages)
      all_.push_back(each.name);
    for (const auto& each : plan_.cleanup)
      all_.push_back(each.stage.name);
    iteration_started start;
    start.loop = plan_.name;
    start.number = iteration_number{1};
    start.fingerprint = fingerprint(plan_);
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
        send(random_command(random_, plan_, it_, everything()));
    }
    drive_to_its_end();
    if (wrong_.empty())
      check_replay();
    return wrong_;
  }

private:
  void expect(bool holds, const std::string& rule) {
    if (!holds && wrong_.empty())
      wrong_ = rule;
  }

  void expect_none(const std::string& breach) {
    expect(breach.empty(), breach);
  }

  const stage_state& stage(const std::string& unit) { return *it_.find(unit); }

  /// All stages, and the units there are.
  std::vector<std::string> everything() {
    auto out = all_;
    for (const auto& [name, units] : it_.fan_outs)
      for (std::uint32_t i = 0; i < units.units.size(); ++i)
        out.push_back(unit_name(name, i));
    return out;
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
        if (stage(run->stage).status == running)
          world_[run->stage].insert(run->attempt);
      } else if (const auto* launch = std::get_if<launch_attempt>(&effect)) {
        expect(
          stage(launch->stage).status == running,
          "what has got its slot is launched");
      } else if (const auto* stop = std::get_if<stop_attempt>(&effect)) {
        const auto& now = stage(stop->stage);
        expect(
          now.status == canceled || now.status == skipped || now.withdrawing ||
            (now.status == pending && now.attempt == stop->attempt) ||
            (it_.cancel_requested && now.status == running && !now.cleanup),
          "only what was canceled, skipped or withdrawn is stopped");
      } else if (const auto* wake = std::get_if<wake_for_retry>(&effect)) {
        expect(
          stage(wake->stage).due == wake->at,
          "a retry is woken for at the time that is recorded");
      } else if (const auto* wait = std::get_if<wake_for_deadline>(&effect)) {
        // One that took its signal at once has no deadline any more.
        expect(
          stage(wait->stage).status != waiting ||
            stage(wait->stage).due == wait->at,
          "a wait ends at the time that is recorded");
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
    for (const auto& name : everything())
      live += is_live(stage(name)) && !is_held(it_, stage(name)) ? 1 : 0;
    const auto left = static_cast<std::size_t>(
      std::count_if(list.begin(), list.end(), [](const auto& effect) {
        return std::holds_alternative<leave_experiment>(effect);
      }));
    expect(
      list.size() - left ==
        (rebuilt.outcome == iteration_outcome::running ? live : 1),
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

  void check_wait_event(const iteration_event& event) {
    if (const auto* begun = std::get_if<wait_started>(&event))
      check_may_start(begun->stage);
    if (const auto ended = ended_wait(event); !ended.empty())
      successes_.push_back(ended);
    const auto rule = wait_rules_.breach(it_, event, now_);
    expect(rule.empty(), rule);
  }

  void check_event(const iteration_event& event) {
    check_wait_event(event);
    expect_none(breach_of_pause(it_, event));
    if (const auto* gone = std::get_if<attempt_withdrawn>(&event))
      cleaned_.erase(gone->stage); // As if it had not been.
    if (const auto* waits = std::get_if<attempt_queued>(&event))
      expect(
        stage(waits->stage).status == running &&
          (!it_.cancel_requested || stage(waits->stage).cleanup),
        "only what is to run waits for a slot");
    if (const auto* placed = std::get_if<attempt_dispatched>(&event))
      expect(
        stage(placed->stage).status == queued, "only what waits gets a slot");
    if (const auto* asked = std::get_if<experiment_awaited>(&event)) {
      expect(
        stage(asked->stage).status == pending &&
          asked->attempt == ++attempts_[asked->stage],
        "each experiment is a new one");
      check_may_start(asked->stage);
    }
    if (const auto* started = std::get_if<attempt_started>(&event))
      check_start(*started);
    if (const auto* done = std::get_if<stage_succeeded>(&event))
      check_success(*done);
    if (const auto* fixed = std::get_if<items_fixed>(&event)) {
      check_order(fixed->stage);
      undone_.erase(fixed->stage);
    }
    if (const auto* skip = std::get_if<stage_skipped>(&event))
      check_skip(*skip);
    if (const auto* begun = std::get_if<cleanup_started>(&event)) {
      expect(
        it_.ending == iteration_outcome::running, "cleanup begins once an end");
      due_ = begun->outcome;
    }
    if (std::holds_alternative<stage_reset>(event))
      cleaned_.clear();
    if (const auto* ended = std::get_if<iteration_ended>(&event)) {
      expect(
        it_.outcome == iteration_outcome::running,
        "an iteration ends once, or once more after a retry");
      check_end(*ended);
    }
    if (
      !std::holds_alternative<stage_reset>(event) &&
      !std::holds_alternative<iteration_ended>(event))
      expect(
        it_.outcome == iteration_outcome::running,
        "nothing but a retry happens to an ended iteration");
  }

  void check_success(const stage_succeeded& event) {
    if (parse_unit(event.stage).index) {
      expect(stage(event.stage).status == running, "only what runs succeeds");
      return;
    }
    const auto& definition = *plan_.any_stage(event.stage);
    if (definition.for_each)
      expect_none(breach_of_join(it_, definition));
    else
      expect(stage(event.stage).status == running, "only what runs succeeds");
    if (definition.kind == stage_kind::promote)
      ++promotions_;
    successes_.push_back(event.stage);
    if (const auto* cleanup = plan_.cleanup_stage(event.stage))
      undone_.insert(cleanup->undoes);
    expect(promotions_ <= 1, "an iteration promotes at most once");
  }

  void check_order(const std::string& name) {
    for (const auto& before : before_of(plan_, name)) {
      expect(
        stage(before).status == succeeded || stage(before).status == skipped,
        "a stage runs only after all before it are done");
      expect(!undone_.contains(before), "no stage builds on what was undone");
    }
  }

  void check_start(const attempt_started& event) {
    const auto& before = stage(event.stage);
    expect(
      before.status == pending || before.status == backing_off,
      "one attempt of a stage runs at a time");
    const std::string name{parse_unit(event.stage).stage};
    if (name != event.stage) {
      expect_none(breach_of_unit_start(it_, *plan_.stage(name), event.stage));
      expect(event.attempt > attempts_[event.stage], "attempts only grow");
      attempts_[event.stage] = event.attempt;
    } else {
      expect(
        event.attempt == ++attempts_[event.stage], "attempt numbers are dense");
    }
    if (before.cleanup) {
      check_cleanup_start(event.stage);
      return;
    }
    check_may_start(name);
  }

  /// A stage of the graph, an attempt or a wait.
  void check_may_start(const std::string& name) {
    expect(
      it_.ending == iteration_outcome::running,
      "no stage of the graph starts during cleanup");
    check_order(name);
    const auto& definition = *plan_.stage(name);
    expect(
      !definition.when || answer_by_hand(it_, *definition.when),
      "a stage runs only if its condition holds");
    undone_.erase(name);
    for (const auto& [other, state] : it_.stages)
      expect(
        state.cleanup || (state.status != failed && state.status != refused),
        "nothing starts after a failure or a refusal");
    expect(!it_.cancel_requested, "nothing starts after a cancel");
  }

  void check_skip(const stage_skipped& event) {
    const auto& before = stage(event.stage);
    expect(
      before.status == pending || before.status == backing_off ||
        before.status == queued || before.status == listing ||
        before.status == waiting,
      "only what does not run is skipped");
    undone_.erase(event.stage);
    if (event.who != condition_skips)
      return;
    for (const auto& name : before_of(plan_, event.stage))
      expect(
        stage(name).status == succeeded || stage(name).status == skipped,
        "a condition is asked only when all before are done");
    expect(
      plan_.stage(event.stage)->when &&
        !answer_by_hand(it_, *plan_.stage(event.stage)->when),
      "a condition skips only if it is false");
  }

  /// Where a cleanup stage stands in the order of its kind; less runs first.
  std::pair<int, long> rank(const cleanup_definition& cleanup) {
    if (cleanup.kind == cleanup_kind::compensate) {
      const auto last =
        std::find(successes_.rbegin(), successes_.rend(), cleanup.undoes);
      return {1, last - successes_.rbegin()};
    }
    return {
      cleanup.kind == cleanup_kind::on_failure ? 2 : 3,
      &cleanup - plan_.cleanup.data()};
  }

  bool is_due(const cleanup_definition& cleanup) {
    const bool wrong =
      due_ == iteration_outcome::failed || due_ == iteration_outcome::canceled;
    if (cleanup.kind == cleanup_kind::compensate)
      return wrong && stage(cleanup.undoes).status == succeeded;
    return wrong || cleanup.kind == cleanup_kind::always;
  }

  void check_cleanup_start(const std::string& name) {
    const auto& cleanup = *plan_.cleanup_stage(name);
    expect(
      it_.ending != iteration_outcome::running,
      "cleanup runs when the graph is at rest");
    expect(is_due(cleanup), "only the cleanup that is due runs");
    for (const auto& [other, state] : it_.stages)
      expect(other == name || !is_live(state), "cleanup runs alone");
    if (stage(name).status == pending)
      expect(cleaned_.insert(name).second, "cleanup runs once for one end");
    for (const auto& other : plan_.cleanup)
      expect(
        !is_due(other) || rank(other) >= rank(cleanup) ||
          is_final(stage(other.stage.name).status),
        "cleanup runs in its order");
  }

  void check_end(const iteration_ended& event) {
    due_ = event.outcome;
    for (const auto& cleanup : plan_.cleanup)
      expect(
        !is_due(cleanup) || stage(cleanup.stage.name).status == skipped ||
          (is_final(stage(cleanup.stage.name).status) &&
           cleaned_.contains(cleanup.stage.name)),
        "an iteration ends when its cleanup is done");
    if (it_.ending != iteration_outcome::running)
      expect(
        event.outcome == it_.ending, "cleanup does not change the outcome");
  }

  void check_state() {
    std::map<stage_status, std::size_t> count;
    std::size_t live = 0;
    for (const auto& name : everything()) {
      const auto& state = stage(name);
      live += is_live(state) ? 1 : 0;
      if (state.status == queued || state.status == waiting)
        expect(
          state.cleanup || (!it_.cancel_requested && count[failed] == 0),
          "nothing waits in an iteration that stops");
      if (!state.cleanup && !parse_unit(name).index)
        ++count[state.status];
      if (state.status == running)
        expect(
          world_[name].contains(state.attempt),
          "what is recorded as running was started");
    }
    if (it_.outcome == iteration_outcome::running)
      expect(
        live > 0 || it_.paused,
        "a running iteration has something to wait for");
    else
      expect(live == 0, "an ended iteration has nothing running");
    expect(
      it_.outcome != iteration_outcome::promoted ||
        (promotions_ == 1 &&
         count[succeeded] + count[skipped] == plan_.stages.size()),
      "promoted means that every stage succeeded or was skipped");
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

  void drive_to_its_end() {
    const experiment_verdict passes{{}, experiment_outcome::nothing_to_compare};
    for (int i = 0; i < 100 && wrong_.empty(); ++i) {
      if (it_.outcome != iteration_outcome::running)
        return;
      send(resume_iteration{"ada", "to the end"});
      for (const auto& name : everything()) {
        const auto now = stage(name);
        if (now.status == listing)
          send(fix_items{name, now.attempt, {"x", "y"}});
        if (now.status == backing_off) {
          now_ = std::max(now_, now.due);
          send(start_retry{name});
        } else if (now.status == queued) {
          send(dispatch_attempt{name, now.attempt});
        } else if (now.status == waiting && now.in_experiment) {
          send(decide_experiment{name, now.attempt, passes});
        } else if (now.status == waiting) {
          now_ = std::max(now_, now.due);
          send(pass_deadline{name});
        } else if (
          now.status == running &&
          (now.withdrawing || (it_.cancel_requested && !now.cleanup))) {
          send(confirm_canceled{name, now.attempt});
        } else if (now.status == running) {
          send(finish_attempt{
            name,
            now.attempt,
            {{{"x", "0.8"}, {"list", "[\"p\"]"}}, {}, {}, {}},
            false});
        }
      }
    }
    expect(false, "every iteration can come to its end");
  }

  /// The journal alone tells every decision again.
  void check_replay() {
    const auto replayed = replay(plan_, journal_);
    expect(
      replayed.ok(),
      "every decision follows from the journal: " +
        (replayed ? std::string{} : replayed.err().message));
    expect(!replayed || replayed->state == it_, "a replay ends where it did");
  }

  dice random_;
  loop_definition plan_;
  iteration it_;
  std::vector<iteration_event> journal_;
  std::map<std::string, std::set<std::uint32_t>> world_;
  std::map<std::string, std::uint32_t> attempts_;
  std::size_t promotions_ = 0;
  std::vector<std::string> all_;       ///< Names of the graph and of cleanup.
  std::vector<std::string> successes_; ///< In their order in time.
  std::set<std::string> undone_;       ///< Compensated, and not run since.
  std::set<std::string> cleaned_;      ///< Cleanup begun for this end.
  wait_rules wait_rules_;
  iteration_outcome due_ = iteration_outcome::running;
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
