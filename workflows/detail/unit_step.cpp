#include "workflows/detail/unit_step.hpp"

#include <algorithm>
#include <utility>

namespace ratchet::workflows::detail {

namespace {

stage_status status_after(
  const fan_out& units, const std::optional<unit_change>& change,
  std::uint32_t index) {
  return change && change->index == index ? change->status
                                          : units.units[index].status;
}

/// Under way without anybody at work on it.
bool waits(stage_status status) {
  return status == stage_status::queued ||
    status == stage_status::backing_off || status == stage_status::waiting;
}

/// So many failed units are named when their stage fails.
constexpr std::size_t most_named = 3;

/// The units of one stage while a step is being made.
class units_turn {
public:
  units_turn(
    const stage_definition& stage, const fan_out& units,
    std::uint32_t stage_attempt, const std::optional<unit_change>& change,
    time_point now)
      : stage_(stage), units_(units), attempt_(stage_attempt), change_(change),
        now_(now), counts_(units.counts) {
    if (change_) {
      counts_.remove(units_.units[change_->index].status);
      counts_.add(change_->status);
    }
  }

  unit_step go_on(unit_pace pace) {
    const bool doomed =
      is_doomed(*stage_.for_each, units_.items.size(), counts_);
    if (doomed || pace == unit_pace::stop)
      let_go_of_waits();
    else if (pace == unit_pace::start)
      start_pending();
    const bool held = pace == unit_pace::hold && !doomed &&
      counts_.begun() < units_.units.size();
    if (counts_.under_way() == 0 && !held)
      settle(doomed);
    return std::move(out_);
  }

private:
  [[nodiscard]] stage_status status_of(std::uint32_t index) const {
    return status_after(units_, change_, index);
  }

  void start_pending() {
    const auto& options = *stage_.for_each;
    const auto most = options.parallel == 0 ? most_parallel : options.parallel;
    // One that a pause set back may start again in the same turn.
    const bool again = change_ && change_->status == stage_status::pending;
    for (auto i = again ? std::min(units_.next, change_->index) : units_.next;
         i < units_.units.size() && counts_.under_way() < most; ++i) {
      if (status_of(i) != stage_status::pending)
        continue;
      out_.events.emplace_back(attempt_started{
        unit_name(stage_.name, i), units_.units[i].attempt + 1, now_,
        now_ + stage_.timeout});
      counts_.add(stage_status::running);
    }
  }

  void let_go_of_waits() {
    const auto let_go = [this](std::uint32_t index) {
      const auto status = status_of(index);
      if (!waits(status))
        return;
      out_.events.emplace_back(
        stage_canceled{unit_name(stage_.name, index), now_});
      counts_.remove(status);
      counts_.add(stage_status::canceled);
    };
    for (const auto index : units_.under_way)
      let_go(index);
    if (change_ && !units_.under_way.contains(change_->index))
      let_go(change_->index);
  }

  /// Nothing is under way any more, and nothing will be.
  void settle(bool doomed) {
    const bool complete =
      counts_.begun() == units_.units.size() && counts_.canceled == 0;
    if (doomed) {
      out_.status = stage_status::failed;
      out_.events.emplace_back(
        attempt_failed{stage_.name, attempt_, now_, failure(), {}});
    } else if (complete) {
      out_.status = stage_status::succeeded;
      out_.events.emplace_back(
        stage_succeeded{stage_.name, attempt_, now_, output()});
    } else {
      out_.status = stage_status::canceled;
      out_.events.emplace_back(stage_canceled{stage_.name, now_});
    }
  }

  [[nodiscard]] stage_result output() const {
    stage_result out;
    out.values = {
      {"items", std::to_string(units_.units.size())},
      {"succeeded", std::to_string(counts_.succeeded)},
      {"failed", std::to_string(counts_.failed)},
      {"skipped", std::to_string(counts_.skipped)}};
    // One version speaks for the stage; of several, somebody has to choose.
    std::uint32_t registered = 0;
    for (std::uint32_t i = 0; i < units_.units.size(); ++i)
      if (const auto version = version_of(i); version.value != 0) {
        out.version = version;
        ++registered;
      }
    if (registered > 1)
      out.version = {};
    return out;
  }

  [[nodiscard]] version_number version_of(std::uint32_t index) const {
    if (status_of(index) != stage_status::succeeded)
      return {};
    if (change_ && change_->index == index)
      return std::get<stage_succeeded>(*change_->event).output.version;
    return units_.units[index].output.version;
  }

  /// "2 of 10 items failed: train[3] (de): boom; train[7] (fr): killed"
  [[nodiscard]] attempt_failure failure() const {
    attempt_failure out;
    std::string named;
    std::size_t names = 0;
    for (std::uint32_t i = 0; i < units_.units.size(); ++i) {
      if (status_of(i) != stage_status::failed)
        continue;
      const auto [code, message] = failure_of(i);
      if (names++ == 0)
        out.code = code;
      if (names <= most_named)
        named += (names == 1 ? ": " : "; ") + unit_name(stage_.name, i) + " (" +
          units_.items[i] + "): " + message;
    }
    out.message = std::to_string(counts_.failed) + " of " +
      std::to_string(units_.units.size()) + " items failed" + named;
    if (names > most_named)
      out.message += "; and " + std::to_string(names - most_named) + " more";
    if (const auto why = too_few(); !why.empty())
      out.message += "; " + why;
    return out;
  }

  [[nodiscard]] std::pair<errc, std::string>
  failure_of(std::uint32_t index) const {
    if (change_ && change_->index == index) {
      const auto& failed = std::get<attempt_failed>(*change_->event);
      return {failed.failure.code, failed.failure.message};
    }
    const auto& unit = units_.units[index];
    return {unit.failure_code, unit.failure};
  }

  [[nodiscard]] std::string too_few() const {
    const auto& options = *stage_.for_each;
    if (options.policy != item_policy::threshold)
      return {};
    if (options.least_items > 0)
      return "at least " + std::to_string(options.least_items) +
        " have to succeed";
    const auto percent = static_cast<int>(options.least_share * 100 + 0.5);
    return "at least " + std::to_string(percent) + "% have to succeed";
  }

  const stage_definition& stage_;
  const fan_out& units_;
  std::uint32_t attempt_;
  const std::optional<unit_change>& change_;
  time_point now_;
  unit_counts counts_;
  unit_step out_;
};

error no_list(const fan_out_options& options, const std::string& why) {
  return {
    errc::invalid_argument,
    "the list of items, value \"" + options.name + "\" of stage \"" +
      options.stage + "\": " + why};
}

} // namespace

unit_step begin_units(
  const stage_definition& stage, const fan_out& before,
  const items_fixed& fixed, unit_pace pace) {
  auto fresh = before;
  fresh.fix(fixed.items);
  return units_turn{stage, fresh, fixed.attempt, std::nullopt, fixed.at}.go_on(
    pace);
}

unit_step advance_units(
  const stage_definition& stage, const iteration& before,
  const std::optional<unit_change>& change, unit_pace pace, time_point now) {
  return units_turn{
    stage, before.fan_outs.at(stage.name), before.stages.at(stage.name).attempt,
    change, now}
    .go_on(pace);
}

result<std::optional<std::vector<std::string>>> known_items(
  const fan_out_options& options, const stage_result* output,
  const fan_out* units, const std::optional<unit_change>& change) {
  using items = std::optional<std::vector<std::string>>;
  switch (options.source) {
  case item_source::list:
    return items{options.items};
  case item_source::slices:
  case item_source::versions:
  case item_source::file:
    return items{};
  case item_source::units: {
    std::vector<std::string> made;
    if (units != nullptr)
      for (std::uint32_t i = 0; i < units->units.size(); ++i)
        if (status_after(*units, change, i) == stage_status::succeeded)
          made.push_back(units->items[i]);
    return items{std::move(made)};
  }
  case item_source::output:
    break;
  }
  if (output == nullptr || !output->values.contains(options.name))
    return no_list(options, "it was not recorded");
  auto parsed = parse_item_list(output->values.at(options.name));
  if (!parsed)
    return no_list(options, parsed.err().message);
  return items{std::move(*parsed)};
}

const stage_definition*
definition_of(const loop_definition& plan, const std::string& unit) {
  const auto ref = parse_unit(unit);
  if (!ref.index)
    return plan.any_stage(unit);
  const auto* stage = plan.stage(std::string{ref.stage});
  return stage != nullptr && stage->for_each ? stage : nullptr;
}

} // namespace ratchet::workflows::detail
