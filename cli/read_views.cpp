#include "cli/read_views.hpp"

#include "cli/text.hpp"
#include "formats/iso_time.hpp"

#include <algorithm>
#include <array>

namespace ratchet::cli {

using workflows::iteration_outcome;
using workflows::stage_status;

namespace {

stage_status status_of(const json& from) {
  constexpr std::array all{stage_status::pending,     stage_status::running,
                           stage_status::backing_off, stage_status::succeeded,
                           stage_status::failed,      stage_status::refused,
                           stage_status::canceled,    stage_status::skipped,
                           stage_status::queued,      stage_status::listing,
                           stage_status::fanned_out,  stage_status::waiting};
  const auto name = text_of(from, "status");
  for (const auto status : all)
    if (workflows::to_string(status) == name)
      return status;
  return stage_status::pending;
}

iteration_outcome outcome_of(const json& from) {
  constexpr std::array all{
    iteration_outcome::running,   iteration_outcome::promoted,
    iteration_outcome::completed, iteration_outcome::rejected,
    iteration_outcome::failed,    iteration_outcome::canceled};
  const auto name = text_of(from, "outcome");
  for (const auto outcome : all)
    if (workflows::to_string(outcome) == name)
      return outcome;
  return iteration_outcome::running;
}

/// "skipped by ada: flaky scores", "skipped: " and what a condition found.
std::string skip_of(const json& from) {
  const auto who = text_of(from, "skipped_by");
  const auto reason = text_of(from, "skip_reason");
  if (who.empty())
    return {};
  const bool by_itself =
    who == workflows::condition_skips || who == workflows::timeout_decides;
  return (by_itself ? "skipped" : "skipped by " + who) +
    (reason.empty() ? "" : ": " + reason);
}

/// "waits for a slot of gpu: 1 of 1 in use, 12 wait"
std::string wait_of(const json& slot) {
  std::string out = "waits for a slot";
  if (!slot.is_object())
    return out;
  const auto label = text_of(slot, "label");
  return out + (label.empty() ? "" : " of " + label) + ": " +
    std::to_string(number_of(slot, "held")) + " of " +
    std::to_string(number_of(slot, "slots")) + " in use, " +
    std::to_string(number_of(slot, "waiting")) + " wait";
}

items_view read_items(const json& from) {
  items_view out;
  out.total = number_of(from, "total");
  out.succeeded = number_of(from, "succeeded");
  out.failed = number_of(from, "failed");
  out.skipped = number_of(from, "skipped");
  out.running = number_of(from, "running");
  out.waiting = number_of(from, "waiting");
  for (const auto& unit : member_of(from, "shown"))
    out.shown.push_back(
      {text_of(unit, "name"), text_of(unit, "item"), status_of(unit),
       number_of(unit, "attempt"), text_of(unit, "failure")});
  return out;
}

/// What people look at while they wait.
void add_items(stage_view& out, const json& from) {
  out.items = read_items(from);
  out.note = items_text(*out.items);
  if (out.status == stage_status::fanned_out && out.items->total > 0)
    out.progress = static_cast<double>(out.items->done()) /
      static_cast<double>(out.items->total);
}

/// "waits for signal labels-ready"
std::string world_of(const json& wait) {
  const auto kind = text_of(wait, "kind");
  if (kind == "approval")
    return "waits for an approval";
  if (kind == "signal")
    return "waits for signal " + text_of(wait, "signal");
  if (kind == "experiment")
    return "compared with the champion on live traffic";
  return "sleeps";
}

std::string pause_of(const json& from) {
  const auto reason = text_of(from, "reason");
  return std::string{flag_of(from, "now") ? "at once" : "at the boundary"} +
    " by " + text_of(from, "who") + (reason.empty() ? "" : ": " + reason);
}

stage_view read_stage(const json& from) {
  stage_view out;
  out.name = text_of(from, "name");
  out.status = status_of(from);
  out.attempt = number_of(from, "attempt");
  out.started = time_of(from, "started");
  out.ended = time_of(from, "ended");
  out.due = time_of(from, "due");
  out.sentence = text_of(from, "sentence");
  out.failure = text_of(from, "failure");
  if (const auto name = text_of(from, "failure_name"); !name.empty())
    out.failure = name + ": " + out.failure;
  out.skipped = skip_of(from);
  out.cleanup = text_of(from, "cleanup");
  const auto& progress = member_of(from, "progress");
  if (progress.is_object() && member_of(progress, "done").is_number()) {
    out.progress = progress["done"].get<double>();
    out.note = text_of(progress, "note");
  }
  if (out.status == stage_status::queued)
    out.note = wait_of(member_of(from, "slot"));
  if (const auto& items = member_of(from, "items"); items.is_object())
    add_items(out, items);
  if (out.status == stage_status::waiting) {
    out.note = world_of(member_of(from, "wait"));
    out.then = text_of(member_of(from, "wait"), "then");
  }
  return out;
}

/// What the champion's traffic says, over all slices.
std::map<std::string, double>
metrics_of(const json& metrics, std::uint64_t version) {
  std::map<std::string, double> out;
  for (const auto& cell : metrics)
    if (
      number_of(cell, "version") == version &&
      text_of(cell, "scope") == "overall" &&
      member_of(cell, "mean").is_number())
      out[text_of(cell, "metric")] = cell["mean"].get<double>();
  return out;
}

} // namespace

std::string items_text(const items_view& items) {
  auto out = std::to_string(items.done()) + " of " +
    std::to_string(items.total) + " items";
  const auto add = [&out](std::uint64_t count, const char* what) {
    if (count > 0)
      out += ", " + std::to_string(count) + " " + what;
  };
  add(items.failed, "failed");
  add(items.skipped, "skipped");
  add(items.running, "run");
  add(items.waiting, "wait");
  return out;
}

const json& member_of(const json& from, const char* name) {
  static const json none;
  if (!from.is_object())
    return none;
  const auto found = from.find(name);
  return found == from.end() ? none : *found;
}

std::string text_of(const json& from, const char* name) {
  const auto& member = member_of(from, name);
  return member.is_string() ? member.get<std::string>() : std::string{};
}

std::uint64_t number_of(const json& from, const char* name) {
  const auto& member = member_of(from, name);
  return member.is_number_unsigned() ? member.get<std::uint64_t>() : 0;
}

bool flag_of(const json& from, const char* name) {
  const auto& member = member_of(from, name);
  return member.is_boolean() && member.get<bool>();
}

time_point time_of(const json& from, const char* name) {
  return formats::parse_iso8601(text_of(from, name)).value_or(time_point{});
}

std::string rollback_text(const json& from, time_point now) {
  const auto& rollback = member_of(from, "rolled_back");
  if (!rollback.is_object())
    return {};
  const auto reason = text_of(rollback, "reason");
  return relative_time(time_of(rollback, "at"), now) + " by " +
    text_of(rollback, "who") + (reason.empty() ? "" : ": " + reason);
}

iteration_view read_iteration(const json& from) {
  iteration_view out;
  out.number = number_of(from, "number");
  out.outcome = outcome_of(from);
  out.cancel_requested = flag_of(from, "cancel_requested");
  out.ending = text_of(from, "ending");
  out.version = number_of(from, "version");
  out.reason = text_of(from, "reason");
  out.verdict = text_of(from, "verdict");
  if (out.verdict.empty())
    out.verdict = text_of(from, "end_reason");
  out.started = time_of(from, "started");
  out.ended = time_of(from, "ended");
  for (const auto& stage : member_of(from, "stages"))
    out.stages.push_back(read_stage(stage));
  const auto& paused = member_of(from, "paused");
  out.paused = paused.is_object() || flag_of(from, "paused");
  if (paused.is_object())
    out.pause = pause_of(paused);
  for (const auto& [name, value] : member_of(from, "labels").items())
    if (value.is_string())
      out.labels[name] = value.get<std::string>();
  return out;
}

loop_view read_loop(const json& from) {
  loop_view out;
  out.name = text_of(from, "name");
  out.paused = flag_of(from, "paused");
  out.events = number_of(from, "events");
  // An engine that does not say where its history begins has it all.
  const auto first = std::max<std::uint64_t>(number_of(from, "first_event"), 1);
  out.kept = out.events + 1 - std::min(first, out.events + 1);
  out.stored_bytes = number_of(from, "stored_bytes");
  const auto& trigger = member_of(from, "trigger");
  out.trigger = text_of(trigger, "sentence");
  for (const auto& channel : member_of(trigger, "channels"))
    out.channels.push_back(
      {text_of(channel, "channel"), number_of(channel, "joined"),
       number_of(channel, "since_last_start"), number_of(channel, "needed")});
  for (const auto& each : member_of(from, "iterations"))
    out.iterations.push_back(read_iteration(each));

  out.champion.version = number_of(from, "champion");
  out.champion.iteration = number_of(from, "promoted_by");
  const auto& moved = member_of(from, "champion_moved");
  out.champion.moved_by = text_of(moved, "who");
  out.champion.reason = text_of(moved, "reason");
  out.champion.probation_until = time_of(member_of(from, "probation"), "until");
  out.champion.metrics =
    metrics_of(member_of(from, "metrics"), out.champion.version);
  for (const auto& it : out.iterations)
    if (it.number == out.champion.iteration)
      out.champion.since = it.ended;

  for (const auto& stage : member_of(member_of(from, "definition"), "stages")) {
    stage_view pending;
    pending.name = text_of(stage, "name");
    out.stages.push_back(std::move(pending));
  }
  for (const auto& each : member_of(from, "running"))
    if (
      !out.iterations.empty() &&
      number_of(each, "number") == out.iterations.front().number)
      out.stages = read_iteration(each).stages;
  return out;
}

} // namespace ratchet::cli
