#include "actors/detail/experiment_step.hpp"

#include "analysis/hash.hpp"
#include "storage/history.hpp"

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ratchet::actors::detail {

namespace {

using analysis::exposure_kind;

/// A piece: large enough to amortize its commit, small enough that harm is
/// looked for between two of them.
constexpr storage::page_limits piece_limits{
  .events = 2048, .bytes = std::size_t{2} << 20U};

class stepper {
public:
  stepper(
    const services& node, loop_number loop, storage::experiment_state state,
    time_point now)
      : node_(node), loop_(loop), now_(now) {
    piece_.state = std::move(state);
  }

  experiment_piece go() {
    if (auto done = count_assigned(); !done)
      return failed(done.err());
    if (auto done = count_matured(); !done)
      return failed(done.err());
    if (auto done = judge(); !done)
      return failed(done.err());
    move_shares();
    plan_next_look();
    storage::put_experiment(piece_.batch, loop_, piece_.state);
    return std::move(piece_);
  }

private:
  struct first_exposure {
    stored_event interaction;
    analysis::exposure what;
  };

  static experiment_piece failed(const error& reason) {
    experiment_piece none;
    none.failure = reason;
    return none;
  }

  [[nodiscard]] storage::experiment_state& state() { return piece_.state; }

  [[nodiscard]] analysis::exposure_finding find(const stored_event& e) {
    return analysis::exposure_of(e, state().arms, state().moves);
  }

  /// Where the unit of `e` was first exposed; `e` itself if it was not yet.
  result<sequence> first_of(const stored_event& e) {
    const auto& unit = analysis::unit_of(e.content);
    if (unit.empty())
      return e.seq;
    const auto hash = analysis::salted_hash(state().salt, unit);
    if (const auto seen = seen_.find(hash); seen != seen_.end())
      return seen->second;
    const auto stored =
      storage::find_unit(*node_.store, loop_, state().number, hash);
    if (!stored)
      return stored.err();
    const auto first = stored->value_or(e.seq);
    seen_.emplace(hash, first);
    if (!stored->has_value())
      storage::put_unit(piece_.batch, loop_, state().number, hash, first);
    return first;
  }

  result<void> count_assigned() {
    const auto page =
      node_.history->read(loop_, state().assigned, piece_limits);
    if (!page)
      return page.err();
    for (const auto& e : page->events)
      if (auto counted = count_assigned(e); !counted)
        return counted;
    state().assigned = page->next;
    piece_.more = !page->at_end;
    return {};
  }

  result<void> count_assigned(const stored_event& e) {
    const auto found = find(e);
    if (found.kind == exposure_kind::unknown)
      ++state().unknown;
    piece_.counted = piece_.counted || found.kind != exposure_kind::none;
    if (found.kind != exposure_kind::exposed)
      return {};
    const auto first = first_of(e);
    if (!first)
      return first.err();
    if (*first != e.seq || found.what.shares.empty())
      return {};
    return analysis::count_assigned(
      state().live, found.what.arm, found.what.shares);
  }

  result<void> count_matured() {
    auto due = take_due();
    if (!due)
      return due.err();
    std::vector<std::vector<analysis::event_ptr>> said(due->size());
    std::vector<storage::history_query> questions;
    for (const auto& each : *due)
      questions.push_back(
        {storage::history_query::what::feedback_about,
         each.interaction.content.id});
    const auto answered = node_.history->find_many(
      loop_, questions, node_.history->end(loop_),
      [&](std::size_t which, stored_event feedback) {
        said[which].push_back(
          std::make_shared<const stored_event>(std::move(feedback)));
      });
    if (!answered)
      return answered.err();
    for (std::size_t i = 0; i < due->size(); ++i)
      if (auto counted = count_matured((*due)[i], said[i]); !counted)
        return counted;
    return {};
  }

  /// True if the first event behind the cursor still waits for feedback: the
  /// usual case, in which no page is worth reading.
  result<bool> waits() {
    bool waiting = false;
    const auto looked = node_.history->scan(
      loop_, state().matured, {.events = 1}, [&](const auto& event) {
        waiting = event.received + state().horizon > now_;
        if (waiting)
          wake_at(event.received + state().horizon);
        return false;
      });
    if (!looked)
      return looked.err();
    return waiting;
  }

  /// The first exposures whose time for feedback is over; moves the cursor
  /// behind the last.
  result<std::vector<first_exposure>> take_due() {
    std::vector<first_exposure> due;
    const auto waiting = waits();
    if (!waiting)
      return waiting.err();
    if (*waiting)
      return due;
    auto page = node_.history->read(loop_, state().matured, piece_limits);
    if (!page)
      return page.err();
    for (auto& e : page->events) {
      if (e.seq > state().assigned) // Their units are not known yet.
        return due;
      if (e.received + state().horizon > now_) {
        wake_at(e.received + state().horizon);
        return due;
      }
      state().matured = e.seq;
      auto found = find(e);
      if (found.kind != exposure_kind::exposed)
        continue;
      const auto first = first_of(e);
      if (!first)
        return first.err();
      if (*first == e.seq)
        due.push_back({std::move(e), std::move(found.what)});
    }
    // Behind what retention has dropped.
    state().matured = page->next;
    piece_.more = piece_.more || !page->at_end;
    return due;
  }

  result<void> count_matured(
    const first_exposure& exposed,
    const std::vector<analysis::event_ptr>& said) {
    analysis::matured_unit unit;
    unit.arm = exposed.what.arm;
    unit.shares = exposed.what.shares;
    for (const auto& reading : state().readings)
      unit.outcomes.push_back(analysis::outcome_of(
        reading, exposed.interaction, said, state().horizon));
    piece_.counted = true;
    return analysis::count_matured(state().live, unit);
  }

  result<void> judge() {
    auto inputs = analysis::inputs_of(state().live, now_);
    auto decision = analysis::judge(state().live, now_);
    if (!decision)
      return decision.err();
    if (decision->verdict == analysis::experiment_verdict::keep_running)
      return {};
    piece_.decision = std::make_shared<const storage::experiment_record>(
      storage::experiment_record{
        state().number, now_, std::move(inputs), std::move(*decision)});
    return {};
  }

  void move_shares() {
    auto due = analysis::shares_due(state().live, now_);
    if (due == state().live.shares)
      return;
    analysis::set_shares(state().live, due);
    state().moves.push_back({now_, state().live.shared_at, std::move(due)});
    piece_.moved = true;
  }

  void wake_at(time_point at) {
    if (at > now_ && (to_ms(piece_.look_again) == 0 || at < piece_.look_again))
      piece_.look_again = at;
  }

  void plan_next_look() {
    const auto& live = state().live;
    auto step_ends = live.began;
    for (const auto& step : live.settings.ramp) {
      step_ends += step.lasts;
      wake_at(step_ends);
    }
    wake_at(live.began + live.settings.rule.min_duration);
    wake_at(live.began + live.settings.rule.max_duration);
  }

  const services& node_;
  loop_number loop_;
  time_point now_;
  experiment_piece piece_;
  std::unordered_map<std::uint64_t, sequence> seen_;
};

} // namespace

experiment_piece step_experiment(
  const services& node, loop_number loop, storage::experiment_state state,
  time_point now) {
  return stepper{node, loop, std::move(state), now}.go();
}

} // namespace ratchet::actors::detail
