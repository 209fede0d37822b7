#include "workflows/admission.hpp"

#include "plans.hpp"
#include "seeds.hpp"
#include "workflows/loop_state.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// A loop turns while feedback comes, and crashes. The model knows of each
/// sample what was so when it arrived: whether an iteration ran, who was
/// champion, and which iteration had its interaction's data. It asks nothing of
/// the machine's own records.

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;

namespace {

struct interaction {
  sequence place;
  version_number version;
};

struct sample {
  feedback_sample content;
  bool while_closed = false; ///< An iteration of a synchronous loop ran.
};

class trial {
public:
  explicit trial(std::uint64_t seed) : random_(seed) {
    definition_ = plan_of({step("train")});
    auto& timing = definition_.timing;
    const auto mode = random_.below(3);
    timing.mode = mode == 0 ? timing_mode::open
      : mode == 1           ? timing_mode::synchronous
                            : timing_mode::asynchronous;
    if (timing.mode == timing_mode::asynchronous)
      timing.max_staleness = static_cast<std::uint32_t>(random_.below(4));
    if (timing.mode != timing_mode::synchronous)
      definition_.max_in_flight =
        1 + static_cast<std::uint32_t>(random_.below(3));
    timing.late =
      random_.one_in(2) ? late_policy::drop : late_policy::into_next_dataset;
    champions_.push_back({});
  }

  std::string run() {
    send(adopt_loop{});
    for (int i = 0; i < 60 && wrong_.empty(); ++i)
      step_once();
    // All that came is some iteration's to account for.
    while (!state_.running.empty() && wrong_.empty())
      close(*state_.running.begin());
    cursor_ = end_;
    send(start_iteration{"ada", "", inputs(), end_});
    expect(
      accounted_.size() == samples_.size(),
      "every sample is accounted for by an iteration");
    return wrong_;
  }

private:
  void expect(bool holds, const std::string& rule) {
    if (!holds && wrong_.empty())
      wrong_ = rule;
  }

  void step_once() {
    switch (random_.below(10)) {
    case 0:
      serve(random_.one_in(4) ? pick_old_version() : state_.champion);
      break;
    case 1:
    case 2:
    case 3:
      say();
      break;
    case 4:
      cursor_ = end_; // The monitor catches up.
      break;
    case 5:
      send(start_iteration{"ada", "", inputs(), end_});
      break;
    case 6:
      if (!state_.running.empty())
        close(*state_.running.rbegin());
      break;
    case 7:
      new_champion();
      break;
    case 8:
      if (state_.last_iteration.value > 0)
        send(reopen_iteration{
          {1 + random_.below(state_.last_iteration.value)},
          "ada",
          "",
          {},
          end_});
      break;
    default:
      crash();
    }
  }

  [[nodiscard]] trigger_inputs inputs() const {
    trigger_inputs all;
    all.cursor = cursor_;
    return all;
  }

  version_number pick_old_version() {
    return random_.one_in(3)
      ? version_number{random_.below(state_.last_version.value + 1)}
      : random_.pick(champions_);
  }

  void serve(version_number version) {
    end_ = end_.next();
    interactions_.push_back({end_, version});
    for (const auto said : std::exchange(waiting_, {}))
      join(said, interactions_.back());
  }

  /// Feedback on something, or, now and then, before the next interaction.
  void say() {
    end_ = end_.next();
    if (random_.one_in(6))
      waiting_.push_back(end_);
    else if (!interactions_.empty())
      join(end_, random_.pick(interactions_));
  }

  void join(sequence feedback, const interaction& about) {
    samples_.push_back(
      {{feedback, about.place, about.version},
       definition_.timing.mode == timing_mode::synchronous && runs_});
  }

  void close(iteration_number number) {
    send(close_iteration{number, iteration_outcome::completed, {}, {}, end_});
    runs_ = !state_.running.empty();
  }

  void new_champion() {
    if (random_.one_in(4)) {
      if (send(roll_back{"ada", ""}))
        champions_ = {state_.champion}; // What was before is forgotten.
      return;
    }
    const auto source = "upload " + std::to_string(state_.last_version.value);
    send(register_version{source, {}, {}});
    if (send(set_champion{state_.last_version, "ada", ""}))
      champions_.push_back(state_.champion);
  }

  void crash() {
    loop_state rebuilt;
    for (const auto& event : journal_)
      apply(rebuilt, event);
    expect(rebuilt == state_, "the state is the fold of its events");
    state_ = std::move(rebuilt);
  }

  bool send(const loop_command& command) {
    const auto events =
      decide(definition_, state_, command, from_ms(1'000'000));
    if (!events || events->empty())
      return false;
    for (const auto& event : *events) {
      apply(state_, event);
      journal_.push_back(event);
      if (const auto* start = std::get_if<iteration_requested>(&event))
        account(first_event("a", *start));
    }
    runs_ = !state_.running.empty();
    return true;
  }

  /// The versions that an iteration may learn from, by the model's history.
  [[nodiscard]] std::optional<std::set<version_number>> fresh() const {
    const auto& timing = definition_.timing;
    if (timing.mode == timing_mode::open)
      return std::nullopt;
    const auto back =
      timing.mode == timing_mode::asynchronous ? timing.max_staleness : 0;
    const auto kept =
      std::min<std::size_t>(champions_.size(), std::size_t{back} + 1);
    return std::set<version_number>{
      champions_.end() - static_cast<std::ptrdiff_t>(kept), champions_.end()};
  }

  /// What is due for `one`, in the data set of an iteration with `versions`.
  [[nodiscard]] admission due_for(
    const sample& one,
    const std::optional<std::set<version_number>>& versions) const {
    if (one.while_closed)
      return admission::window_closed;
    if (versions && !versions->contains(one.content.version))
      return admission::stale;
    if (definition_.timing.late == late_policy::drop && was_used(one))
      return admission::late;
    return admission::admitted;
  }

  /// An iteration before had the interaction's data when the feedback came.
  [[nodiscard]] bool was_used(const sample& one) const {
    return std::any_of(
      starts_.begin(), starts_.end(), [&](const iteration_started& start) {
        return one.content.interaction <= start.data_to &&
          start.data_to < one.content.feedback;
      });
  }

  void account(const iteration_started& start) {
    const auto versions = fresh();
    account_new(start, versions);
    account_whole(start, versions);
    starts_.push_back(start);
  }

  /// A data set of what is new: each sample once, and never again.
  void account_new(
    const iteration_started& start,
    const std::optional<std::set<version_number>>& versions) {
    const auto terms = terms_of(start, definition_.timing.late);
    admission_counts counts;
    std::size_t seen = 0;
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      const auto& one = samples_[i];
      const auto place = one.content.place();
      if (place <= start.data_from || place > start.data_to)
        continue;
      ++seen;
      expect(accounted_.insert(i).second, "a sample is accounted for once");
      const auto verdict = judge(terms, one.content);
      expect(
        verdict == due_for(one, versions),
        "a sample of what is new is judged as it was when it arrived");
      count(counts, terms, one.content, verdict);
    }
    expect(counts.repeated == 0, "what is new is not repeated");
    check_sum(counts, seen);
  }

  /// One of the whole history judges the old as it was judged, but by its own
  /// versions.
  void account_whole(
    const iteration_started& start,
    const std::optional<std::set<version_number>>& versions) {
    const auto terms = terms_of(start, definition_.timing.late, starts_);
    admission_counts counts;
    std::size_t seen = 0;
    for (const auto& one : samples_) {
      if (one.content.place() > start.data_to)
        continue;
      ++seen;
      const auto verdict = judge(terms, one.content);
      expect(
        verdict == due_for(one, versions),
        "a sample of the whole history is judged as it was");
      count(counts, terms, one.content, verdict);
    }
    check_sum(counts, seen);
  }

  void check_sum(const admission_counts& counts, std::size_t seen) {
    expect(
      total(counts.admitted) + total(counts.stale) + counts.window_closed +
          counts.late ==
        seen,
      "the counts add up to what there was");
    expect(
      counts.carried_over + counts.repeated <= total(counts.admitted),
      "what is carried over or repeated was admitted");
  }

  dice random_;
  loop_definition definition_;
  loop_state state_;
  std::vector<loop_event> journal_;
  sequence end_;
  sequence cursor_;
  bool runs_ = false;
  std::vector<interaction> interactions_;
  std::vector<sequence> waiting_; ///< Feedback before its interaction.
  std::vector<sample> samples_;
  std::set<std::size_t> accounted_;
  std::vector<version_number> champions_; ///< The newest last.
  std::vector<iteration_started> starts_;
  std::string wrong_;
};

} // namespace

TEST_CASE("feedback is admitted exactly as declared", "[model]") {
  const auto wrong = first_failure(
    "feedback is admitted exactly as declared", 10'000,
    [](std::uint64_t seed) { return trial{seed}.run(); });
  INFO(wrong);
  CHECK(wrong.empty());
}
