#include "workflows/detail/loop_experiments.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace ratchet::workflows::detail {

namespace {

std::string text(version_number number) {
  return "version " + std::to_string(number.value);
}
std::string text(experiment_number number) {
  return "experiment " + std::to_string(number.value);
}
std::string text(iteration_number number) {
  return "iteration " + std::to_string(number.value);
}

/// True if `request` is what an iteration's stage says with this attempt.
template <class Said>
bool is_of(const experiment_request& request, const Said& said) {
  return request.iteration == said.iteration && request.stage == said.stage &&
    request.attempt == said.attempt;
}

bool contains(
  const std::vector<version_number>& versions, version_number version) {
  return std::find(versions.begin(), versions.end(), version) != versions.end();
}

experiment_ended
end_of(const experiment_request& request, experiment_verdict v, time_point at) {
  return {request.iteration, request.stage, request.attempt, std::move(v), at};
}

experiment_verdict
canceled(const running_experiment& running, std::string why) {
  experiment_verdict verdict;
  verdict.experiment = running.number;
  verdict.champion = running.champion;
  verdict.sentence = text(running.number) + " was canceled: " + std::move(why);
  return verdict;
}

/// Why there is nothing to compare `request` with; nothing: there is.
std::optional<experiment_verdict>
find_no_rival(const loop_state& state, const experiment_request& request) {
  experiment_verdict verdict;
  verdict.outcome = experiment_outcome::nothing_to_compare;
  verdict.champion = state.champion;
  const bool several = request.challengers.size() > 1;
  if (state.champion.value == 0) {
    verdict.sentence = "there is no champion to compare with";
    if (several) {
      verdict.winner = request.challengers.front();
      verdict.sentence +=
        "; " + text(verdict.winner) + " is the best of them by the gates";
    }
  } else if (contains(request.challengers, state.champion)) {
    verdict.sentence = text(state.champion) + " is the champion already";
    if (several)
      verdict.winner = state.champion;
  } else {
    return std::nullopt;
  }
  return verdict;
}

experiment_begun begin(
  const loop_state& state, const experiment_request& request, time_point now) {
  return {
    state.experiments_begun.next(), request, state.champion,
    state.experiments_won, now};
}

/// The decisions of one turn, each on the state that those before it leave.
class turn {
public:
  turn(
    const loop_state& before, std::vector<loop_event> decided, time_point now)
      : state_(before), out_(std::move(decided)), now_(now) {
    for (const auto& event : out_)
      workflows::apply(state_, event);
  }

  [[nodiscard]] const loop_state& state() const { return state_; }
  [[nodiscard]] time_point now() const { return now_; }

  void add(loop_event event) {
    workflows::apply(state_, event);
    out_.push_back(std::move(event));
  }

  void cancel(std::string why) {
    const auto running = *state_.experiment;
    add(end_of(running.request, canceled(running, std::move(why)), now_));
  }

  /// Those that wait get their turn, or hear that there is nothing to wait for.
  std::vector<loop_event> finish() {
    while (!state_.experiment && !state_.experiments_waiting.empty()) {
      const auto request = state_.experiments_waiting.front();
      if (auto none = find_no_rival(state_, request))
        add(end_of(request, std::move(*none), now_));
      else
        add(begin(state_, request, now_));
    }
    return std::move(out_);
  }

private:
  loop_state state_;
  std::vector<loop_event> out_;
  time_point now_;
};

/// "ada moved the champion to version 5: reason"
std::string describe(const champion_moved& move) {
  auto why = move.who + " moved the champion to " + text(move.to);
  return move.reason.empty() ? why : why + ": " + move.reason;
}

void follow(turn& turn, const champion_moved& move) {
  const auto& running = turn.state().experiment;
  if (!running)
    return;
  auto verdict = canceled(*running, describe(move));
  if (contains(running->request.challengers, move.to))
    verdict.winner = move.to;
  turn.add(end_of(running->request, std::move(verdict), turn.now()));
}

void follow(turn& turn, const iteration_closed& closed) {
  const auto& running = turn.state().experiment;
  if (running && running->request.iteration == closed.number)
    turn.cancel(text(closed.number) + " has ended");
  while (true) {
    const auto& waiting = turn.state().experiments_waiting;
    const auto found =
      std::find_if(waiting.begin(), waiting.end(), [&](const auto& request) {
        return request.iteration == closed.number;
      });
    if (found == waiting.end())
      return;
    // Copied out before what it points into changes.
    turn.add(end_of(
      *found, {.sentence = text(closed.number) + " has ended"}, turn.now()));
  }
}

bool knows(const loop_state& state, const experiment_request& request) {
  const auto& waiting = state.experiments_waiting;
  const auto ended = state.experiments_ended.find(request.iteration);
  return (state.experiment && is_of(state.experiment->request, request)) ||
    std::any_of(
           waiting.begin(), waiting.end(),
           [&](const auto& other) { return is_of(other, request); }) ||
    (ended != state.experiments_ended.end() && is_of(request, ended->second));
}

/// One of an attempt before, of which the word that it was left got lost.
void end_earlier(turn& turn, const experiment_request& request) {
  const auto same = [&request](const experiment_request& other) {
    return other.iteration == request.iteration && other.stage == request.stage;
  };
  const auto& state = turn.state();
  if (state.experiment && same(state.experiment->request))
    turn.cancel("its stage was set back");
  const auto found = std::find_if(
    state.experiments_waiting.begin(), state.experiments_waiting.end(), same);
  if (found != state.experiments_waiting.end()) {
    turn.add(
      end_of(*found, {.sentence = "its stage was set back"}, turn.now()));
  }
}

} // namespace

result<std::vector<loop_event>> decide_experiment_of(
  const loop_definition& definition, const loop_state& state,
  const want_experiment& command, time_point now) {
  const auto& request = command.request;
  if (knows(state, request))
    return std::vector<loop_event>{};
  if (!state.running.contains(request.iteration))
    return error{errc::conflict, text(request.iteration) + " is not running"};
  if (request.challengers.empty())
    return error{
      errc::invalid_argument,
      "loop \"" + definition.name + "\": " + text(request.iteration) +
        " has registered no version that an experiment could compare; let a "
        "stage before stage \"" +
        request.stage + "\" make a model"};
  turn turn{state, {}, now};
  end_earlier(turn, request);
  turn.add(experiment_requested{request, now});
  return turn.finish();
}

std::vector<loop_event> decide_experiment_of(
  const loop_state& state, const quit_experiment& command, time_point now) {
  turn turn{state, {}, now};
  if (state.experiment && is_of(state.experiment->request, command)) {
    turn.cancel(text(command.iteration) + " has left it");
    return turn.finish();
  }
  for (const auto& request : state.experiments_waiting)
    if (is_of(request, command)) {
      turn.add(end_of(
        request, {.sentence = text(command.iteration) + " has left it"}, now));
      return turn.finish();
    }
  return {};
}

std::vector<loop_event> decide_experiment_of(
  const loop_state& state, const end_experiment& command, time_point now) {
  if (
    !state.experiment || state.experiment->number != command.verdict.experiment)
    return {};
  turn turn{state, {}, now};
  turn.add(end_of(state.experiment->request, command.verdict, now));
  return turn.finish();
}

std::vector<loop_event> with_experiments(
  const loop_state& state, std::vector<loop_event> decided, time_point now) {
  // The usual case: nothing to copy the state for.
  if (!state.experiment && state.experiments_waiting.empty())
    return decided;
  const auto cause = decided.front();
  turn turn{state, std::move(decided), now};
  if (const auto* moved = std::get_if<champion_moved>(&cause))
    follow(turn, *moved);
  if (const auto* closed = std::get_if<iteration_closed>(&cause))
    follow(turn, *closed);
  return turn.finish();
}

void apply(loop_state& state, const experiment_requested& event) {
  state.experiments_waiting.push_back(event.request);
}

void apply(loop_state& state, const experiment_begun& event) {
  std::erase(state.experiments_waiting, event.request);
  state.experiments_begun = event.number;
  state.experiment = {event.number, event.request, event.champion, event.at};
}

void apply(loop_state& state, const experiment_ended& event) {
  std::erase_if(state.experiments_waiting, [&event](const auto& request) {
    return is_of(request, event);
  });
  if (state.experiment && is_of(state.experiment->request, event))
    state.experiment.reset();
  if (event.verdict.outcome == experiment_outcome::promote)
    ++state.experiments_won;
  if (state.running.contains(event.iteration))
    state.experiments_ended[event.iteration] = event;
}

} // namespace ratchet::workflows::detail
