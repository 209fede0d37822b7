#include "cli/loop_changes.hpp"

#include "cli/text.hpp"
#include "workflows/probation.hpp"

#include <algorithm>

namespace ratchet::cli {

using workflows::iteration_outcome;
using workflows::stage_status;

namespace {

using lines = std::vector<std::string>;

const iteration_view* find(const loop_view& loop, std::uint64_t number) {
  for (const auto& it : loop.iterations)
    if (it.number == number)
      return &it;
  return nullptr;
}

std::string name_of(const iteration_view& it) {
  return "iteration " + std::to_string(it.number);
}

std::string ended_sentence(const iteration_view& it) {
  auto line = name_of(it) + " ";
  switch (it.outcome) {
  case iteration_outcome::running:
    return line + "runs";
  case iteration_outcome::promoted:
    line += "promoted version " + std::to_string(it.version);
    break;
  case iteration_outcome::completed:
    line += "completed";
    break;
  case iteration_outcome::rejected:
    line += "rejected" +
      (it.version == 0 ? "" : " version " + std::to_string(it.version));
    break;
  case iteration_outcome::failed:
    line += "failed";
    break;
  case iteration_outcome::canceled:
    line += "canceled";
    break;
  }
  line += " after " + short_duration(it.ended - it.started);
  return it.verdict.empty() ? line : line + ": " + printable(it.verdict);
}

/// What a stage's state says, as one sentence; empty for pending.
std::string stage_sentence(const stage_view& stage) {
  const auto name = "stage " + printable(stage.name) + " ";
  const auto took = short_duration(stage.ended - stage.started);
  switch (stage.status) {
  case stage_status::pending:
    return {};
  case stage_status::running:
    return name + "runs, attempt " + std::to_string(stage.attempt);
  case stage_status::listing:
    return name + "looks up its items";
  case stage_status::fanned_out:
    return name + "runs for each of its items" +
      (stage.items ? ": " + std::to_string(stage.items->total) : "");
  case stage_status::queued:
    return name + "waits for a slot, attempt " + std::to_string(stage.attempt);
  case stage_status::waiting:
    return name + printable(stage.note);
  case stage_status::backing_off:
    return name + "failed attempt " + std::to_string(stage.attempt) +
      " and tries again: " + printable(stage.failure);
  case stage_status::succeeded:
    return name + "succeeded after " + took;
  case stage_status::failed:
    return name + "failed: " + printable(stage.failure);
  case stage_status::refused:
    return name + "refused: " + printable(stage.sentence);
  case stage_status::canceled:
    return name + "canceled";
  case stage_status::skipped:
    return name + printable(stage.skipped);
  }
  return {};
}

void stage_changes(
  const loop_view& before, const loop_view& after, lines& out) {
  if (after.iterations.empty())
    return;
  const auto& newest = after.iterations.front();
  const auto same = !before.iterations.empty() &&
    before.iterations.front().number == newest.number;
  for (const auto& stage : after.stages) {
    const auto old = std::find_if(
      before.stages.begin(), before.stages.end(),
      [&](const auto& s) { return s.name == stage.name; });
    if (
      same && old != before.stages.end() && old->status == stage.status &&
      old->attempt == stage.attempt)
      continue;
    if (auto sentence = stage_sentence(stage); !sentence.empty())
      out.push_back(name_of(newest) + ": " + sentence);
  }
}

void feedback_changes(
  const loop_view& before, const loop_view& after, lines& out) {
  for (const auto& channel : after.channels) {
    if (channel.needed == 0)
      continue;
    const auto old = std::find_if(
      before.channels.begin(), before.channels.end(),
      [&](const auto& c) { return c.name == channel.name; });
    const auto tenth = [](const channel_view& c) {
      return std::min(c.gained, c.needed) * 10 / c.needed;
    };
    const auto known =
      old != before.channels.end() && old->needed == channel.needed;
    if (known && tenth(channel) <= tenth(*old))
      continue;
    if (known || channel.gained > 0)
      out.push_back(
        "feedback " + printable(channel.name) + ": " +
        with_commas(channel.gained) + " of " + with_commas(channel.needed) +
        " new");
  }
}

} // namespace

std::vector<std::string>
changes(const loop_view& before, const loop_view& after) {
  lines out;
  const auto first = before.name.empty();
  if (before.paused != after.paused)
    out.emplace_back(after.paused ? "loop paused" : "loop resumed");
  // Oldest first. On the first look only the newest is news.
  for (auto it = after.iterations.rbegin(); it != after.iterations.rend();
       ++it) {
    if (first && std::next(it) != after.iterations.rend())
      continue;
    const auto* old = find(before, it->number);
    if (old == nullptr)
      out.push_back(
        name_of(*it) + " started" +
        (it->reason.empty() ? "" : ": " + printable(it->reason)));
    const bool was_paused = old != nullptr && old->paused;
    const auto newest = std::next(it) == after.iterations.rend();
    if (newest)
      stage_changes(before, after, out);
    if (
      it->outcome != iteration_outcome::running &&
      (old == nullptr || old->outcome != it->outcome))
      out.push_back(ended_sentence(*it));
    if (
      it->outcome == iteration_outcome::running && old != nullptr &&
      old->outcome != iteration_outcome::running)
      out.push_back(name_of(*it) + " runs again");
    if (it->outcome == iteration_outcome::running && it->paused != was_paused)
      out.push_back(name_of(*it) + (it->paused ? " paused" : " resumed"));
  }
  if (
    after.champion.version != before.champion.version &&
    after.champion.version != 0) {
    auto line = "champion is version " + std::to_string(after.champion.version);
    if (before.champion.version != 0)
      line += ", was " + std::to_string(before.champion.version);
    if (after.champion.moved_by == workflows::by_probation)
      line += ": " + after.champion.reason;
    out.push_back(std::move(line));
  }
  feedback_changes(before, after, out);
  return out;
}

} // namespace ratchet::cli
