#include "workflows/loop_state.hpp"

#include "look_model.hpp"
#include "plans.hpp"
#include "probation_rules.hpp"
#include "random_triggers.hpp"
#include "seeds.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

/// Random commands and crashes of a loop's control state against a model that
/// keeps whole histories where the machine keeps a summary.

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

namespace {

class trial {
public:
  explicit trial(std::uint64_t seed) : random_(seed) {
    definition_ = plan_of({step("train")});
    definition_.max_in_flight =
      1 + static_cast<std::uint32_t>(random_.below(3));
    definition_.metrics = {{"liked", "thumb", true, rule_}};
    definition_.areas = {{.metric = "liked"}};
    definition_.trigger.condition = random_condition(random_, rule_);
    kind_ = definition_.trigger.condition->kind;
    definition_.trigger.busy =
      random_.one_in(2) ? when_busy::queue_one : when_busy::coalesce;
    if (random_.one_in(2))
      definition_.trigger.compute = {2s, 10s};
    definition_.trigger.cooldown = duration{random_.below(500)};
    definition_.trigger.minimum = random_.below(10);
  }

  std::string run() {
    send(adopt_loop{});
    for (int i = 0; i < 80 && wrong_.empty(); ++i) {
      now_ += duration{random_.below(300)};
      inputs_.joined["thumb"] += random_.below(4);
      inputs_.cursor.value += random_.below(9);
      if (random_.one_in(4))
        other_promotes();
      if (random_.one_in(3))
        monitor_looks();
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

  /// Until it is first heard of, after a while, it is not among the inputs.
  void other_promotes() {
    ++other_promotions_;
    if (random_.one_in(2))
      inputs_.promotions["other"] = other_promotions_;
  }

  /// It hears late of where a watch begins, and finds what it finds.
  void monitor_looks() {
    auto& reading = inputs_.drops[drop_text("liked", rule_)];
    if (reading.record != origin_ || reading.observations == 0)
      reading = {drop_level::calm, champion(), origin_};
    else if (reading.level == drop_level::calm && random_.one_in(3))
      reading.level = drop_level::warning;
    else if (reading.level != drop_level::alarm && random_.one_in(3)) {
      reading.level = drop_level::alarm;
      reading.at = now_; // An alarm stays as it was found.
    }
    ++reading.observations;
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

  std::uint32_t some_attempt() {
    return 1 + static_cast<std::uint32_t>(random_.below(2));
  }
  experiment_verdict some_verdict() {
    experiment_verdict verdict;
    verdict.experiment = {begun_.value + random_.below(2)};
    verdict.outcome = static_cast<experiment_outcome>(1 + random_.below(4));
    verdict.champion = champion();
    if (verdict.outcome == experiment_outcome::promote)
      verdict.winner = some_version();
    return verdict;
  }

  loop_command random_command() {
    const auto iteration = some_iteration();
    switch (random_.below(20)) {
    case 18:
    case 19:
      return note_areas{look_model::draw(random_, champion(), some_version())};
    case 14:
    case 15:
      return want_experiment{
        {iteration, "experiment", some_attempt(), "f", {some_version()}}};
    case 16:
      return quit_experiment{iteration, "experiment", some_attempt()};
    case 17:
      return end_experiment{some_verdict()};
    case 0:
      return adopt_loop{};
    case 1:
      return start_iteration{"ada", "", inputs_};
    case 2:
    case 3:
      return close_iteration{
        iteration, iteration_outcome::completed,
        ran_[iteration] + duration{random_.below(900)}};
    case 4:
      return reopen_iteration{iteration, "ada", "", ran_[iteration]};
    case 5:
      if (random_.one_in(3))
        return pause_loop{"ada", ""};
      return resume_loop{"ada", ""};
    case 6:
      return register_version{some_source(iteration), iteration, {}};
    case 7:
      return promote_version{
        iteration, some_version(), some_expectation(), "",
        random_.one_in(2) ? duration{random_.below(3000)} : 0s};
    case 8:
      return set_champion{some_version(), "ada", ""};
    case 9:
      return roll_back{"ada", ""};
    case 12:
      return receive_webhook{
        "other", "k" + std::to_string(random_.below(20)), "{}"};
    case 13:
      return acknowledge_alarm{random_.below(journal_.size() + 1), "ada", ""};
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
    const auto notes = std::count_if(
      events->begin(), events->end(), [](const loop_event& event) {
        return std::holds_alternative<trigger_noted>(event);
      });
    const auto alarms = std::count_if(
      events->begin(), events->end(), [](const loop_event& event) {
        return std::holds_alternative<drop_raised>(event);
      });
    const auto follows = std::count_if(
      events->begin(), events->end(), [](const loop_event& event) {
        return std::holds_alternative<experiment_requested>(event) ||
          std::holds_alternative<experiment_begun>(event) ||
          std::holds_alternative<experiment_ended>(event);
      });
    expect(
      events->size() <=
          1 + static_cast<std::size_t>(notes + alarms + follows) &&
        notes <= 1 && alarms <= 1,
      "a command records at most one event, a note and an alarm, besides "
      "experiments");
    for (const auto& event : *events) {
      check_event(event);
      apply(state_, event);
      journal_.push_back(event);
      if (
        std::holds_alternative<champion_moved>(event) ||
        std::holds_alternative<alarm_acknowledged>(event))
        origin_ = journal_.size();
    }
    check_state();
    if (std::holds_alternative<consider_start>(command))
      expect(
        !probation_.fails(inputs_.drops[drop_text("liked", rule_)], origin_),
        "an alarm within the probation takes it back");
    // Behind a queued start, or a failed probation, more may follow at once.
    const bool more =
      std::any_of(events->begin(), events->end(), [](const loop_event& event) {
        const auto* start = std::get_if<iteration_requested>(&event);
        const auto* move = std::get_if<champion_moved>(&event);
        return (start != nullptr && start->queued != time_point{}) ||
          (move != nullptr && move->alarm);
      });
    if (
      !events->empty() && !more &&
      !std::holds_alternative<register_version>(command))
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
        check_causes(*start);
      if (start->queued != time_point{}) {
        expect(
          queued_ && queued_->at == start->queued &&
            queued_->inputs == start->inputs,
          "what was queued starts once, with its inputs");
        queued_.reset();
      } else if (start->who == "trigger") {
        check_firing(start->fired);
        expect(
          evaluate(
            definition_.trigger, state_.trigger, start->inputs, start->at)
              .outcome == trigger_outcome::fire,
          "a replay of the inputs gives the verdict again");
      }
      if (start->queued == time_point{})
        looks_.fresh = false; // It may be of an operator as well.
    }
    if (const auto* kept = std::get_if<start_queued>(&event)) {
      expect(!queued_, "one firing is kept at a time");
      expect(
        state_.running.size() >= definition_.max_in_flight,
        "a firing is kept only if there is no room");
      check_firing(kept->fired);
      looks_.fresh = false;
      queued_ = *kept;
    }
    if (std::holds_alternative<webhook_received>(event))
      ++calls_;
    if (const auto* note = std::get_if<trigger_noted>(&event))
      for (const auto& [loop, count] : note->primed)
        first_heard_ = count;
    if (const auto* made = std::get_if<version_registered>(&event)) {
      expect(
        made->version == last_version_.next(), "version numbers are dense");
      last_version_ = made->version;
      made_by_[made->version] = made->iteration;
    }
    if (const auto* end = std::get_if<iteration_closed>(&event)) {
      closed_.insert(end->number);
      spent_.emplace_back(end->at, end->ran - ran_[end->number]);
      ran_[end->number] = end->ran;
    }
    if (const auto* move = std::get_if<champion_moved>(&event))
      check_move(*move);
    if (const auto* alarm = std::get_if<drop_raised>(&event))
      check_alarm(*alarm);
    if (const auto* looked = std::get_if<areas_looked>(&event))
      expect(
        looks_.take(looked->look, champion()),
        "a look is of the champion, declared, and recorded once");
    check_experiment(event);
  }

  void check_alarm(const drop_raised& alarm) {
    const auto& reading = alarm.reading;
    expect(reading.record == origin_, "an alarm is of the watch that goes on");
    expect(
      reading.level != drop_level::calm &&
        raised_.insert({reading.record, reading.level}).second,
      "a watch raises each level once");
    expect(
      reading.level == drop_level::alarm ||
        !raised_.contains({reading.record, drop_level::alarm}),
      "no warning follows an alarm");
  }

  /// A request has one end, and in between it runs at most once, alone.
  void check_experiment(const loop_event& event) {
    const auto key = [](const auto& of) {
      return std::pair{of.iteration, of.attempt};
    };
    if (const auto* asked = std::get_if<experiment_requested>(&event))
      expect(
        asked_.insert(key(asked->request)).second,
        "a request is recorded once");
    if (const auto* begun = std::get_if<experiment_begun>(&event)) {
      expect(begun->number == begun_.next(), "experiment numbers are dense");
      expect(!runs_, "one experiment runs at a time");
      expect(asked_.contains(key(begun->request)), "what begins was asked for");
      expect(begun->won_before == won_, "what was won before is recorded");
      expect(
        begun->champion == champion() && champion().value != 0 &&
          begun->request.challengers.front() != champion(),
        "the champion is compared with another version");
      begun_ = begun->number;
      runs_ = key(begun->request);
    }
    if (const auto* end = std::get_if<experiment_ended>(&event)) {
      expect(asked_.erase(key(*end)) == 1, "what ends was asked for");
      expect(
        (runs_ == key(*end)) == (end->verdict.experiment.value != 0),
        "only what ran has a number");
      if (runs_ == key(*end))
        runs_.reset();
      won_ += end->verdict.outcome == experiment_outcome::promote ? 1 : 0;
    }
  }

  /// No more starts than causes, and none over the budget.
  void check_causes(const iteration_requested& start) {
    ++starts_;
    if (kind_ == condition_kind::webhook)
      expect(starts_ <= calls_, "a call starts at most one iteration");
    if (kind_ == condition_kind::promoted)
      expect(
        starts_ + first_heard_ <= other_promotions_,
        "a promotion starts at most one iteration");
    if (kind_ == condition_kind::rolled_back)
      expect(starts_ <= rollbacks_, "a rollback starts at most one iteration");
    const auto& budget = definition_.trigger.compute;
    duration spent{0};
    for (const auto& [at, ran] : spent_)
      if (at + budget.window > start.at)
        spent += ran;
    if (budget.running != 0s)
      expect(spent < budget.running, "no start is over the compute budget");
  }

  void check_firing(const std::set<std::string>& fired) {
    if (kind_ == condition_kind::area)
      expect(looks_.fresh, "a look fires once, while its champion serves");
    if (kind_ == condition_kind::drop) {
      expect(fired.size() == 1, "a level with hysteresis is disarmed");
      expect(
        raised_.contains({origin_, drop_level::alarm}) &&
          alarm_starts_.insert(origin_).second,
        "an alarm fires once, and is raised before");
    }
    if (kind_ != condition_kind::champion_age)
      return;
    expect(fired.size() == 1, "a level with hysteresis is disarmed");
    expect(!moves_.empty(), "a level fires once while it holds");
    moves_.clear();
  }

  void check_move(const champion_moved& move) {
    const auto broken = probation_.follow(
      move, champion(), raised_.contains({origin_, drop_level::alarm}));
    expect(broken.empty(), broken);
    moves_.push_back(move.at);
    looks_ = {};
    expect(move.from == champion(), "the champion moves from what it was");
    expect(move.to != move.from, "a move is a move");
    expect(
      move.to.value != 0 && move.to <= last_version_,
      "the champion is a registered version");
    if (move.kind == move_kind::rollback) {
      ++rollbacks_;
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
    expect(state_.probation_until == probation_.until(), "moves guard, or end");
    for (const auto& alarm : state_.alarms)
      expect(
        alarm.closed || alarm.record == origin_,
        "an alarm ends with its watch");
    expect(runs_ || asked_.empty(), "nobody waits while no experiment runs");
    expect(
      !state_.experiment || state_.experiment->champion == champion(),
      "an experiment ends with the champion it is about");
    for (const auto& [iteration, attempt] : asked_)
      expect(
        state_.running.contains(iteration),
        "an experiment ends with its iteration");
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

  static constexpr drop_rule rule_{0.9, false, 30, 0, 0};

  dice random_;
  std::uint64_t origin_ = 0; ///< Of the watch that goes on.
  probation_rules probation_;
  std::set<std::pair<std::uint64_t, drop_level>> raised_;
  std::set<std::uint64_t> alarm_starts_;
  condition_kind kind_ = condition_kind::feedback_count;
  std::uint64_t other_promotions_ = 0;
  std::uint64_t first_heard_ = 0; ///< The other loop's promotions at first.
  std::uint64_t calls_ = 0;
  std::uint64_t rollbacks_ = 0;
  std::uint64_t starts_ = 0; ///< By the trigger.
  std::optional<start_queued> queued_;
  look_model looks_;
  std::vector<time_point> moves_; ///< Of the champion, since the last firing.
  std::vector<std::pair<time_point, duration>> spent_;
  std::map<iteration_number, duration> ran_; ///< As accounted.
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
  std::set<std::pair<iteration_number, std::uint32_t>> asked_; ///< Experiments.
  std::optional<std::pair<iteration_number, std::uint32_t>> runs_;
  experiment_number begun_;
  std::uint64_t won_ = 0;
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
