#include "workflows/detail/iteration_turn.hpp"

#include "base/assert.hpp"
#include "workflows/condition.hpp"
#include "workflows/detail/cleanup.hpp"
#include "workflows/detail/iteration_commands.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace ratchet::workflows::detail {

namespace {

/// Not under way, and let go when the iteration stops.
bool waits(stage_status status) {
  return status == stage_status::backing_off ||
    status == stage_status::queued || status == stage_status::waiting ||
    status == stage_status::listing;
}

} // namespace

bool is_stopping(const iteration& it) {
  return it.cancel_requested ||
    std::any_of(it.stages.begin(), it.stages.end(), [](const auto& entry) {
           return !entry.second.cleanup &&
             (entry.second.status == stage_status::failed ||
              entry.second.status == stage_status::refused);
         });
}

std::vector<std::string>
with_downstream(const loop_definition& plan, const std::string& stage) {
  std::vector<std::string> found{stage};
  const auto known = [&found](const std::string& name) {
    return std::find(found.begin(), found.end(), name) != found.end();
  };
  // `found` grows while it is walked: each entry brings those that wait for
  // it. Indexes, because growth moves the entries.
  for (std::size_t i = 0; i < found.size(); ++i)
    for (const auto& next : plan.stages) {
      const auto& waits = next.after;
      if (
        !known(next.name) &&
        std::find(waits.begin(), waits.end(), found[i]) != waits.end())
        found.push_back(next.name);
    }
  return found;
}

std::string cancel_reason(const std::string& who, const std::string& reason) {
  auto text = "canceled by " + who;
  if (!reason.empty())
    text += ": " + reason;
  return text;
}

/// How many stages of the graph are where.
struct iteration_turn::survey {
  std::size_t running = 0; ///< Itself, or its units.
  std::size_t waiting = 0; ///< For a retry, a slot, its items, the world.
  std::size_t pending = 0;
  std::size_t failed = 0;
  std::size_t refused = 0;
};

iteration_turn::survey iteration_turn::look() const {
  survey seen;
  for (const auto& [name, state] : before_.stages) {
    if (state.cleanup)
      continue;
    switch (status_of(name, state.status)) {
    case stage_status::running:
    case stage_status::fanned_out:
      ++seen.running;
      break;
    case stage_status::backing_off:
    case stage_status::queued:
    case stage_status::listing:
    case stage_status::waiting:
      ++seen.waiting;
      break;
    case stage_status::pending:
      ++seen.pending;
      break;
    case stage_status::failed:
      ++seen.failed;
      break;
    case stage_status::refused:
      ++seen.refused;
      break;
    case stage_status::succeeded:
    case stage_status::canceled:
    case stage_status::skipped:
      break;
    }
  }
  return seen;
}

void iteration_turn::set(const std::string& stage, stage_status status) {
  for (auto& [name, known] : changed_)
    if (*name == stage) {
      known = status;
      return;
    }
  changed_.emplace_back(&stage, status);
}

void iteration_turn::record(
  iteration_event event, const std::string& unit, stage_status status,
  std::optional<stage_result> output) {
  RATCHET_ASSERT(events_.empty());
  events_.push_back(std::move(event));
  recorded_output_ = std::move(output);
  if (const auto ref = parse_unit(unit); ref.index) {
    unit_of_ = plan_.stage(std::string{ref.stage});
    unit_index_ = *ref.index;
    unit_status_ = status;
    return;
  }
  recorded_ = &unit;
  set(unit, status);
}

void iteration_turn::withdraw(const std::string& unit) {
  record(
    attempt_withdrawn{unit, before_.find(unit)->attempt, now_}, unit,
    stage_status::pending);
  // What can start now is not what waited for it, but the stage itself.
  recorded_ = nullptr;
}

void iteration_turn::start(
  const std::string& unit, const stage_definition& stage) {
  if (is_wait(stage.kind)) {
    events_.emplace_back(
      wait_started{stage.name, now_, now_ + stage.wait.within});
    set(stage.name, stage_status::waiting);
    return;
  }
  const auto& state = *before_.find(unit);
  if (stage.kind == stage_kind::experiment) {
    events_.emplace_back(
      experiment_awaited{stage.name, state.attempt + 1, now_});
    set(stage.name, stage_status::waiting);
    return;
  }
  events_.emplace_back(
    attempt_started{unit, state.attempt + 1, now_, now_ + stage.timeout});
  if (!stage.for_each)
    set(stage.name, stage_status::running);
}

void iteration_turn::cancel(const std::string& who, const std::string& reason) {
  events_.emplace_back(workflows::cancel_requested{who, reason, now_});
  bool running = false;
  for (const auto& [name, state] : before_.stages) {
    if (state.cleanup)
      continue;
    if (state.status == stage_status::fanned_out)
      step(*plan_.stage(name), std::nullopt, unit_pace::stop);
    const auto status = status_of(name, state.status);
    running = running || status == stage_status::running ||
      status == stage_status::fanned_out;
    if (status == stage_status::pending || waits(status))
      events_.emplace_back(stage_canceled{name, now_});
  }
  if (!running)
    end(iteration_outcome::canceled, cancel_reason(who, reason));
}

stage_status iteration_turn::status_of(const std::string& stage) const {
  const auto found = before_.stages.find(stage);
  return status_of(
    stage,
    found == before_.stages.end() ? stage_status::pending
                                  : found->second.status);
}

/// Looks through skipped stages at what is before them: an operator may have
/// skipped one whose turn had not come, and what is after it must still not
/// overtake what is before it.
bool iteration_turn::all_done(const std::vector<std::string>& stages) const {
  std::vector<const std::string*> open;
  std::set<std::string_view> seen;
  const auto must_be_done = [&](const std::vector<std::string>& names) {
    for (const auto& name : names) {
      const auto status = status_of(name);
      if (status == stage_status::skipped && seen.insert(name).second)
        open.push_back(&name);
      else if (
        status != stage_status::succeeded && status != stage_status::skipped)
        return false;
    }
    return true;
  };
  bool done = must_be_done(stages);
  while (done && !open.empty()) {
    const auto* skipped = plan_.stage(*open.back());
    open.pop_back();
    done = skipped == nullptr || must_be_done(skipped->after);
  }
  return done;
}

bool iteration_turn::is_ready(const stage_definition& stage) const {
  return before_.stages.contains(stage.name) &&
    status_of(stage.name) == stage_status::pending && all_done(stage.after);
}

void iteration_turn::start_or_skip(const stage_definition& stage) {
  if (stage.when) {
    auto verdict = evaluate(*stage.when, [this](const std::string& name) {
      return stage_facts{status_of(name), output_of(name)};
    });
    if (!verdict.holds) {
      events_.emplace_back(stage_skipped{
        stage.name, std::string{condition_skips}, std::move(verdict.sentence),
        now_});
      set(stage.name, stage_status::skipped);
      return;
    }
  }
  if (stage.for_each)
    begin_items(stage);
  else
    start(stage.name, stage);
}

/// Starts what waited for the stage this turn is about, or for one that is done
/// in consequence: skipped, or without items. Whatever was ready before has
/// been started by the turn that made it so; only a turn about no stage (a
/// begin, a retry by hand) has to look at every stage.
void iteration_turn::start_ready() {
  const auto waits_for = [](const auto& stage, const std::string* name) {
    return name == nullptr ||
      std::find(stage.after.begin(), stage.after.end(), *name) !=
      stage.after.end();
  };
  // Grows while it is walked.
  std::vector<const std::string*> done{recorded_};
  const auto add = [&done](const std::string& name) {
    if (std::find(done.begin(), done.end(), &name) == done.end())
      done.push_back(&name);
  };
  for (std::size_t i = 0; i < done.size(); ++i)
    for (const auto& stage : plan_.stages) {
      if (!waits_for(stage, done[i]))
        continue;
      const bool ready = is_ready(stage);
      if (ready)
        start_or_skip(stage);
      const auto status = status_of(stage.name);
      if (status == stage_status::failed)
        return; // Its items cannot be had, and nothing starts after that.
      if (
        status == stage_status::skipped ||
        (ready && status == stage_status::succeeded))
        add(stage.name);
    }
}

void iteration_turn::advance() {
  advance_graph();
  take_signals();
}

/// Whoever waited before this turn has got what was there for it: only those
/// that it made wait are asked.
void iteration_turn::take_signals() {
  const bool waits_now =
    std::any_of(events_.begin(), events_.end(), [](const auto& event) {
      return std::holds_alternative<wait_started>(event) ||
        std::holds_alternative<attempt_suspended>(event);
    });
  if (waits_now && !before_.signals.empty())
    add(detail::take_signals(plan_, after_so_far(), now_));
}

void iteration_turn::advance_graph() {
  if (before_.outcome != iteration_outcome::running)
    return;
  if (before_.ending != iteration_outcome::running) {
    add(go_on_with_cleanup(plan_, after_so_far(), now_));
    return;
  }
  go_on_with_units();
  if (unit_of_ != nullptr && recorded_ == nullptr)
    return; // Its stage goes on, and nothing else has changed.
  auto seen = look();
  if (!is_over(seen) && seen.pending > 0 && !before_.paused) {
    start_ready();
    seen = look();
  }
  if (is_over(seen)) {
    if (started_units_)
      stop_after_so_far();
    else
      stop();
    return;
  }
  if (seen.running + seen.waiting + seen.pending > 0)
    return;
  end(
    has_promoted() ? iteration_outcome::promoted : iteration_outcome::completed,
    success_reason());
}

bool iteration_turn::has_promoted() const {
  return std::any_of(
    plan_.stages.begin(), plan_.stages.end(), [this](const auto& stage) {
      return stage.kind == stage_kind::promote &&
        status_of(stage.name) == stage_status::succeeded;
    });
}

/// True if the iteration only waits for what still runs.
bool iteration_turn::is_over(const survey& seen) const {
  return before_.cancel_requested || seen.failed > 0 || seen.refused > 0;
}

void iteration_turn::stop() {
  let_go_of_waits();
  const auto seen = look();
  if (seen.running > 0)
    return;
  if (before_.cancel_requested)
    end(iteration_outcome::canceled, before_.end_reason);
  else if (seen.failed > 0)
    end(iteration_outcome::failed, failure_reason());
  else
    end(iteration_outcome::rejected, refusal_reason());
}

void iteration_turn::let_go_of_waits() {
  for (const auto& [name, state] : before_.stages) {
    const auto status = status_of(name, state.status);
    // Units that this turn has started, or has let go of, do not wait.
    const bool stopped = std::any_of(
      stopped_units_.begin(), stopped_units_.end(),
      [&](const auto* stage) { return *stage == name; });
    if (
      status == stage_status::fanned_out &&
      state.status == stage_status::fanned_out && !stopped)
      step(*plan_.stage(name), std::nullopt, unit_pace::stop);
    if (!waits(status))
      continue;
    events_.emplace_back(stage_canceled{name, now_});
    set(name, stage_status::canceled);
  }
}

void iteration_turn::end(iteration_outcome outcome, std::string reason) {
  // Without cleanup nothing is copied: the usual case.
  if (plan_.cleanup.empty())
    events_.emplace_back(iteration_ended{outcome, std::move(reason), now_});
  else
    add(begin_end(plan_, after_so_far(), outcome, std::move(reason), now_));
}

/// The state with the events of this turn applied: a copy.
iteration iteration_turn::after_so_far() const {
  auto after = before_;
  for (const auto& event : events_)
    apply(plan_, after, event);
  return after;
}

void iteration_turn::add(std::vector<iteration_event> events) {
  for (auto& event : events)
    events_.push_back(std::move(event));
}

} // namespace ratchet::workflows::detail
