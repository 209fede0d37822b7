#include "workflows/detail/iteration_turn.hpp"

#include "base/assert.hpp"
#include "workflows/condition.hpp"
#include "workflows/detail/cleanup.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace ratchet::workflows::detail {

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
  std::size_t running = 0;
  std::size_t backing_off = 0; ///< Or queued: not under way, but to come.
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
      ++seen.running;
      break;
    case stage_status::backing_off:
    case stage_status::queued:
      ++seen.backing_off;
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

void iteration_turn::record(
  iteration_event event, const std::string& stage, stage_status status) {
  RATCHET_ASSERT(events_.empty());
  events_.push_back(std::move(event));
  recorded_ = &stage;
  changed_.emplace_back(&stage, status);
}

void iteration_turn::start(const stage_definition& stage) {
  const auto& state = before_.stages.at(stage.name);
  events_.emplace_back(
    attempt_started{stage.name, state.attempt + 1, now_, now_ + stage.timeout});
  changed_.emplace_back(&stage.name, stage_status::running);
}

void iteration_turn::cancel(const std::string& who, const std::string& reason) {
  events_.emplace_back(workflows::cancel_requested{who, reason, now_});
  bool running = false;
  for (const auto& [name, state] : before_.stages) {
    if (state.cleanup)
      continue;
    running = running || state.status == stage_status::running;
    if (
      state.status == stage_status::pending ||
      state.status == stage_status::backing_off ||
      state.status == stage_status::queued)
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

/// True if it started.
bool iteration_turn::start_or_skip(const stage_definition& stage) {
  if (stage.when) {
    auto verdict = evaluate(*stage.when, [this](const std::string& name) {
      return stage_facts{status_of(name), output_of(name)};
    });
    if (!verdict.holds) {
      events_.emplace_back(stage_skipped{
        stage.name, std::string{condition_skips}, std::move(verdict.sentence),
        now_});
      changed_.emplace_back(&stage.name, stage_status::skipped);
      return false;
    }
  }
  start(stage);
  return true;
}

/// Starts what waited for the stage this turn is about, or for one that is
/// skipped in consequence. Whatever was ready before has been started by the
/// turn that made it so; only a turn about no stage (a begin, a retry by hand)
/// has to look at every stage. True if any started.
bool iteration_turn::start_ready() {
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
  bool started = false;
  for (std::size_t i = 0; i < done.size(); ++i)
    for (const auto& stage : plan_.stages) {
      if (!waits_for(stage, done[i]))
        continue;
      if (is_ready(stage))
        started = start_or_skip(stage) || started;
      if (status_of(stage.name) == stage_status::skipped)
        add(stage.name);
    }
  return started;
}

void iteration_turn::advance() {
  if (before_.outcome != iteration_outcome::running)
    return;
  if (before_.ending != iteration_outcome::running) {
    add(go_on_with_cleanup(plan_, after_so_far(), now_));
    return;
  }
  const auto seen = look();
  if (before_.cancel_requested || seen.failed > 0 || seen.refused > 0) {
    stop(seen);
    return;
  }
  if (seen.pending > 0 && start_ready())
    return;
  const auto left = look();
  if (left.running + left.backing_off + left.pending > 0)
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

void iteration_turn::stop(const survey& seen) {
  if (seen.backing_off > 0)
    let_go_of_retries();
  if (seen.running > 0)
    return;
  if (before_.cancel_requested)
    end(iteration_outcome::canceled, before_.end_reason);
  else if (seen.failed > 0)
    end(iteration_outcome::failed, failure_reason());
  else
    end(iteration_outcome::rejected, refusal_reason());
}

void iteration_turn::let_go_of_retries() {
  for (const auto& [name, state] : before_.stages) {
    const auto status = status_of(name, state.status);
    if (status == stage_status::backing_off || status == stage_status::queued)
      events_.emplace_back(stage_canceled{name, now_});
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
