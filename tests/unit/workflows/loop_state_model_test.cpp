#include "workflows/loop_state.hpp"

#include "plans.hpp"
#include "seeds.hpp"

#include <map>
#include <set>

/// Random commands and crashes of a loop's control state against a model that
/// keeps whole histories where the machine keeps a summary.

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;

namespace {

class trial {
public:
  explicit trial(std::uint64_t seed) : random_(seed) {
    definition_ = plan_of({step("train")});
    definition_.max_in_flight =
      1 + static_cast<std::uint32_t>(random_.below(3));
    definition_.trigger.condition =
      trigger_condition{condition_kind::feedback_count, "thumb", 5, {}, {}};
    definition_.trigger.cooldown = duration{random_.below(500)};
    definition_.trigger.minimum = random_.below(10);
  }

  std::string run() {
    send(adopt_loop{});
    for (int i = 0; i < 80 && wrong_.empty(); ++i) {
      now_ += duration{random_.below(300)};
      inputs_.joined["thumb"] += random_.below(4);
      inputs_.cursor.value += random_.below(9);
      if (random_.one_in(10))
        crash();
      else
        send(random_command());
    }
    return wrong_;
  }

private:
  void expect(bool holds, const std::string& rule) {
    if (!holds && wrong_.empty())
      wrong_ = rule;
  }

  iteration_number some_iteration() {
    return {random_.below(state_.last_iteration.value + 2)};
  }
  version_number some_version() {
    return {random_.below(state_.last_version.value + 2)};
  }
  /// Mostly the champion, sometimes what it was or never was.
  version_number some_expectation() {
    return random_.one_in(4) ? some_version() : state_.champion;
  }
  std::string some_source(iteration_number by) {
    return std::to_string(by.value) + "/" + std::to_string(random_.below(3));
  }

  loop_command random_command() {
    const auto iteration = some_iteration();
    switch (random_.below(12)) {
    case 0:
      return adopt_loop{};
    case 1:
      return start_iteration{"ada", "", inputs_};
    case 2:
    case 3:
      return close_iteration{iteration, iteration_outcome::completed};
    case 4:
      return reopen_iteration{iteration, "ada", ""};
    case 5:
      if (random_.one_in(3))
        return pause_loop{"ada", ""};
      return resume_loop{"ada", ""};
    case 6:
      return register_version{some_source(iteration), iteration, {}};
    case 7:
      return promote_version{iteration, some_version(), some_expectation(), ""};
    case 8:
      return set_champion{some_version(), "ada", ""};
    case 9:
      return roll_back{"ada", ""};
    default:
      return consider_start{inputs_};
    }
  }

  void send(const loop_command& command) {
    const auto events = decide(definition_, state_, command, now_);
    const auto again = decide(definition_, state_, command, now_);
    expect(
      events.ok() == again.ok() &&
        (events.ok() ? *events == *again : events.err() == again.err()),
      "decide says the same twice");
    if (!events)
      return;
    expect(events->size() <= 1, "a command records at most one event");
    for (const auto& event : *events) {
      check_event(event);
      apply(state_, event);
      journal_.push_back(event);
    }
    check_state();
    if (!events->empty() && !std::holds_alternative<register_version>(command))
      check_repeat(command);
  }

  /// A command whose answer was lost is sent again.
  void check_repeat(const loop_command& command) {
    // By hand these mean one more each time; their callers send them once.
    if (
      std::holds_alternative<start_iteration>(command) ||
      std::holds_alternative<roll_back>(command))
      return;
    const auto events = decide(definition_, state_, command, now_);
    expect(
      events.ok() && events->empty(), "a repeated command changes nothing");
  }

  void crash() {
    loop_state rebuilt;
    for (const auto& event : journal_)
      apply(rebuilt, event);
    expect(rebuilt == state_, "the state is the fold of its events");
    expect(rebuilt.event_count == journal_.size(), "events are counted");
  }

  void check_event(const loop_event& event) {
    if (const auto* start = std::get_if<iteration_requested>(&event)) {
      expect(
        start->number == last_iteration_.next(), "iteration numbers are dense");
      last_iteration_ = start->number;
      expect(!state_.paused, "a paused loop starts nothing");
      expect(
        start->data_from == data_to_ && start->data_to >= data_to_,
        "history is given out once, without a gap");
      data_to_ = start->data_to;
      expect(start->champion == champion(), "the champion is recorded");
      if (start->who == "trigger")
        expect(
          evaluate(
            definition_.trigger, state_.trigger, start->inputs, start->at)
              .outcome == trigger_outcome::fire,
          "a replay of the inputs gives the verdict again");
    }
    if (const auto* made = std::get_if<version_registered>(&event)) {
      expect(
        made->version == last_version_.next(), "version numbers are dense");
      last_version_ = made->version;
      made_by_[made->version] = made->iteration;
    }
    if (const auto* end = std::get_if<iteration_closed>(&event))
      closed_.insert(end->number);
    if (const auto* move = std::get_if<champion_moved>(&event))
      check_move(*move);
  }

  void check_move(const champion_moved& move) {
    expect(move.from == champion(), "the champion moves from what it was");
    expect(move.to != move.from, "a move is a move");
    expect(
      move.to.value != 0 && move.to <= last_version_,
      "the champion is a registered version");
    if (move.kind == move_kind::rollback) {
      expect(
        champions_.size() > 1 && champions_[champions_.size() - 2] == move.to,
        "a rollback returns to the champion before");
      // The one taken back is no champion to return to, and what was before
      // the one returned to is forgotten.
      champions_ = {move.to};
      return;
    }
    // Closing forgets, so a reopened iteration may move it once more.
    if (
      move.kind == move_kind::promotion &&
      made_by_[move.to] == move.iteration && !closed_.contains(move.iteration))
      expect(
        promoted_.insert(move.to).second,
        "an iteration promotes its version once");
    champions_.push_back(move.to);
  }

  void check_state() {
    expect(
      state_.running.size() <= definition_.max_in_flight,
      "no more iterations run than max_in_flight");
    expect(state_.champion == champion(), "the champion is the last moved to");
    for (const auto& number : state_.running)
      expect(number <= last_iteration_, "only what was started runs");
    for (const auto& [source, made] : state_.registered)
      expect(
        made.iteration.value == 0 || state_.running.contains(made.iteration),
        "registrations of closed iterations are forgotten");
  }

  [[nodiscard]] version_number champion() const {
    return champions_.empty() ? version_number{} : champions_.back();
  }

  dice random_;
  loop_definition definition_;
  loop_state state_;
  trigger_inputs inputs_;
  std::vector<loop_event> journal_;
  iteration_number last_iteration_;
  version_number last_version_;
  sequence data_to_;
  std::vector<version_number> champions_;
  std::map<version_number, iteration_number> made_by_;
  std::set<version_number> promoted_;
  std::set<iteration_number> closed_;
  time_point now_ = from_ms(1'000'000);
  std::string wrong_;
};

} // namespace

TEST_CASE("a loop keeps its rules under random commands", "[model]") {
  const auto wrong = first_failure(
    "a loop keeps its rules under random commands", 10'000,
    [](std::uint64_t seed) { return trial{seed}.run(); });
  INFO(wrong);
  CHECK(wrong.empty());
}
