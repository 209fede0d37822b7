#include "cli/loop_screen.hpp"

#include "cli/text.hpp"
#include "workflows/probation.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace ratchet::cli {

using workflows::iteration_outcome;
using workflows::stage_status;

namespace {

/// Collects a frame's lines and keeps each to the width. `text` must be
/// printable; what is already painted goes through `raw`, with its width
/// being the caller's care.
class frame {
public:
  frame(std::size_t width, const palette& paint)
      : width_(width), paint_(paint) {}

  void raw(std::string line) { lines_.push_back(std::move(line)); }
  void blank() { lines_.emplace_back(); }

  /// "── FEEDBACK ─────────────── 12,345 events ──"
  void heading(std::string_view name, std::string_view right) {
    auto side = fit(right, width_ / 2);
    if (!side.empty())
      side = " " + side + " ──";
    const auto used = 3 + display_width(name) + 1 + display_width(side);
    raw(
      paint_(style::dim, "── ") + paint_(style::bold, name) + " " +
      paint_(
        style::dim, repeat("─", width_ > used ? width_ - used : 0) + side));
  }

  [[nodiscard]] std::size_t size() const { return lines_.size(); }
  [[nodiscard]] std::string text(std::size_t rows) const {
    std::string out;
    for (std::size_t i = 0; i < std::min(rows, lines_.size()); ++i)
      out += (i == 0 ? "" : "\n") + lines_[i];
    return out;
  }

private:
  std::size_t width_;
  const palette& paint_;
  std::vector<std::string> lines_;
};

duration age(time_point from, time_point to) {
  return from == time_point{} ? duration{0} : to - from;
}

bool is_running(const stage_view& stage) {
  return stage.status == stage_status::running ||
    stage.status == stage_status::queued ||
    stage.status == stage_status::backing_off ||
    stage.status == stage_status::listing ||
    stage.status == stage_status::fanned_out ||
    stage.status == stage_status::waiting;
}

/// The iteration whose stages are shown.
const iteration_view* newest(const loop_view& loop) {
  return loop.iterations.empty() ? nullptr : &loop.iterations.front();
}

bool turns(const loop_view& loop) {
  return std::any_of(
    loop.iterations.begin(), loop.iterations.end(),
    [](const auto& it) { return it.outcome == iteration_outcome::running; });
}

/// The channel that is furthest from what the trigger needs.
const channel_view* deciding_channel(const loop_view& loop) {
  const channel_view* out = nullptr;
  const auto share = [](const channel_view& c) {
    return static_cast<double>(c.gained) / static_cast<double>(c.needed);
  };
  for (const auto& c : loop.channels)
    if (c.needed > 0 && (out == nullptr || share(c) > share(*out)))
      out = &c;
  return out;
}

std::string detail_of(const stage_view& stage, time_point now) {
  switch (stage.status) {
  case stage_status::pending:
  case stage_status::canceled:
    return {};
  case stage_status::running:
    return (stage.progress ? decimal(*stage.progress * 100, 0) + "% · " : "") +
      short_duration(age(stage.started, now));
  case stage_status::listing:
    return "listing";
  case stage_status::fanned_out:
    return stage.items ? std::to_string(stage.items->done()) + "/" +
        std::to_string(stage.items->total) + " · " +
        short_duration(age(stage.started, now))
                       : std::string{};
  case stage_status::queued:
    return "queued " + short_duration(age(stage.started, now));
  case stage_status::waiting:
    return "waits " + short_duration(age(stage.started, now));
  case stage_status::backing_off:
    return "again " + relative_time(stage.due, now);
  case stage_status::succeeded:
    return short_duration(age(stage.started, stage.ended));
  case stage_status::failed:
    return "failed";
  case stage_status::refused:
    return "refused";
  case stage_status::skipped:
    return "skipped";
  }
  return {};
}

std::vector<ring_node> nodes_of(const loop_view& loop, time_point now) {
  const auto busy = turns(loop);
  std::vector<ring_node> nodes;
  ring_node first{
    "feedback", "",
    loop.paused ? ring_mark::paused
      : busy    ? ring_mark::done
                : ring_mark::current};
  if (const auto* channel = deciding_channel(loop))
    first.detail =
      with_commas(channel->gained) + " of " + with_commas(channel->needed);
  nodes.push_back(std::move(first));
  for (const auto& stage : loop.stages)
    if (stage.counts())
      nodes.push_back(
        {printable(stage.name), detail_of(stage, now), mark_of(stage.status)});
  return nodes;
}

void draw_header(
  frame& out, const loop_view& loop, const screen_facts& facts,
  std::size_t width, const palette& paint) {
  const auto name = fit(printable(loop.name), width / 3);
  std::string state = "collecting feedback";
  auto look = style::plain;
  if (const auto* it = newest(loop); it != nullptr && turns(loop)) {
    const bool cleans = std::any_of(
      loop.stages.begin(), loop.stages.end(), [](const auto& stage) {
        return !stage.cleanup.empty() && is_running(stage);
      });
    state = "iteration " + std::to_string(it->number) +
      (it->paused ? " is paused"
         : cleans ? " is cleaning up"
                  : " under way");
    look = it->paused ? style::yellow : style::cyan;
  } else if (loop.paused) {
    state = "paused";
    look = style::yellow;
  }
  auto right = fit(facts.url, width / 3);
  auto right_look = style::dim;
  if (facts.unreachable_since != time_point{}) {
    right = "engine unreachable for " +
      short_duration(age(facts.unreachable_since, facts.now)) + ", retrying";
    right_look = style::red;
  }
  const auto room = width - display_width(name) - 1;
  right = fit(right, room > 24 ? room - 24 : room);
  state = fit("  " + state, room - display_width(right));
  const auto used =
    1 + display_width(name) + display_width(state) + display_width(right);
  out.raw(
    " " + paint(style::bold, name) + paint(look, state) +
    std::string(width > used ? width - used : 0, ' ') +
    paint(right_look, right));
}

void draw_running(
  frame& out, const loop_view& loop, time_point now, std::size_t width,
  const palette& paint) {
  for (const auto& stage : loop.stages) {
    if (!is_running(stage))
      continue;
    const auto name = pad_right(fit(printable(stage.name), 16), 16);
    std::string rest = "attempt " + std::to_string(stage.attempt) + " · " +
      short_duration(age(stage.started, now));
    if (stage.items)
      rest = short_duration(age(stage.started, now));
    if (stage.status == stage_status::backing_off)
      rest = "tries again " + relative_time(stage.due, now) + ": " +
        printable(stage.failure);
    else if (stage.status == stage_status::waiting)
      rest = printable(wait_text(stage, now));
    else if (!stage.note.empty())
      rest = printable(stage.note) + " · " + rest;
    std::string left = "  " + paint(style::bold, name) + " ";
    std::size_t used = 19;
    if (stage.progress && stage.status != stage_status::backing_off) {
      left += paint(style::cyan, bar(*stage.progress, 24)) + " " +
        pad_left(decimal(*stage.progress * 100, 0), 3) + "%  ";
      used += 31;
    }
    out.raw(left + paint(style::dim, fit(rest, width - used)));
  }
}

void draw_feedback(
  frame& out, const loop_view& loop, const screen_facts& facts,
  std::size_t width, const palette& paint) {
  auto stored = with_commas(loop.events) + " events stored";
  if (facts.event_rate)
    stored += " · " +
      with_commas(static_cast<std::uint64_t>(std::llround(*facts.event_rate))) +
      "/s";
  out.heading("FEEDBACK", stored);
  for (const auto& channel : loop.channels) {
    auto line = "  " + pad_right(fit(printable(channel.name), 16), 16) + " " +
      pad_left(with_commas(channel.joined), 9);
    if (channel.needed > 0) {
      const auto share = static_cast<double>(channel.gained) /
        static_cast<double>(channel.needed);
      line += "  " +
        paint(share >= 1 ? style::green : style::blue, bar(share, 20)) + " " +
        fit(with_commas(channel.gained) + " of " + with_commas(channel.needed) +
              " new",
            width - 51);
    }
    out.raw(line);
  }
  if (!loop.trigger.empty())
    out.raw("  " + paint(style::dim, fit(printable(loop.trigger), width - 2)));
}

void draw_champion(
  frame& out, const loop_view& loop, time_point now, std::size_t width,
  const palette& paint) {
  const auto& champion = loop.champion;
  if (champion.version == 0) {
    out.heading("CHAMPION", "none yet");
    return;
  }
  out.heading(
    "CHAMPION",
    champion.since == time_point{}
      ? ""
      : "for " + short_duration(age(champion.since, now)));
  const auto name = "v" + std::to_string(champion.version);
  std::string metrics;
  for (const auto& [metric, value] : champion.metrics)
    metrics += "   " + printable(metric) + " " + decimal(value, 4);
  const bool taken_back = champion.moved_by == workflows::by_probation;
  auto by = taken_back ? "   " + printable(champion.reason)
    : champion.iteration == 0
    ? std::string{"   set by an operator"}
    : "   made by iteration " + std::to_string(champion.iteration);
  if (champion.probation_until > now)
    by += ", on probation for " +
      short_duration(age(now, champion.probation_until));
  const auto room = width - 2 - name.size();
  metrics = fit(metrics, room);
  out.raw(
    "  " + paint(style::green, name) + metrics +
    paint(style::dim, fit(by, room - display_width(metrics))));
}

std::string_view short_name(iteration_outcome outcome) {
  return workflows::to_string(outcome);
}

void draw_iterations(
  frame& out, const loop_view& loop, time_point now, std::size_t width,
  std::size_t rows, const palette& paint) {
  out.heading("ITERATIONS", "");
  if (loop.iterations.empty())
    out.raw("  " + paint(style::dim, "none yet"));
  for (const auto& it : loop.iterations) {
    if (out.size() >= rows)
      break;
    const auto ended = it.ended == time_point{} ? now : it.ended;
    const auto number = pad_left("#" + std::to_string(it.number), 5);
    const auto version =
      pad_right(it.version == 0 ? "" : "v" + std::to_string(it.version), 5);
    const auto took = pad_left(short_duration(age(it.started, ended)), 6);
    const auto& sentence = it.verdict.empty() ? it.reason : it.verdict;
    out.raw(
      number + " " +
      paint(
        style_of(it.outcome), pad_right(fit(short_name(it.outcome), 9), 9)) +
      " " + version + " " + paint(style::dim, took) + "  " +
      fit(printable(sentence), width - 30));
  }
}

} // namespace

ring_mark mark_of(stage_status status) {
  switch (status) {
  case stage_status::pending:
  case stage_status::queued:
  case stage_status::waiting:
    return ring_mark::waiting;
  case stage_status::running:
  case stage_status::listing:
  case stage_status::fanned_out:
    return ring_mark::current;
  case stage_status::backing_off:
    return ring_mark::backing_off;
  case stage_status::succeeded:
    return ring_mark::done;
  case stage_status::failed:
    return ring_mark::failed;
  case stage_status::refused:
    return ring_mark::refused;
  case stage_status::canceled:
    return ring_mark::canceled;
  case stage_status::skipped:
    return ring_mark::skipped;
  }
  return ring_mark::waiting;
}

style style_of(iteration_outcome outcome) {
  switch (outcome) {
  case iteration_outcome::running:
    return style::cyan;
  case iteration_outcome::promoted:
  case iteration_outcome::completed:
    return style::green;
  case iteration_outcome::rejected:
    return style::yellow;
  case iteration_outcome::failed:
    return style::red;
  case iteration_outcome::canceled:
    return style::dim;
  }
  return style::plain;
}

std::string wait_text(const stage_view& stage, time_point now) {
  auto out = stage.note;
  if (stage.due != time_point{})
    out += "; " + relative_time(stage.due, now) + " " + stage.then;
  return out;
}

std::string stored_text(const loop_view& loop) {
  auto out = with_commas(loop.events) + " events";
  if (loop.kept < loop.events)
    out = with_commas(loop.kept) + " of " + out + " kept";
  if (loop.stored_bytes > 0)
    out += ", " + byte_size(loop.stored_bytes);
  return out;
}

std::string draw_loop(
  const loop_view& loop, const screen_facts& facts, screen_size size,
  const palette& paint) {
  // The last column stays free: some terminals lose a character there.
  const auto width = std::max<std::size_t>(size.columns, 60) - 1;
  frame out{width, paint};
  draw_header(out, loop, facts, width, paint);
  out.blank();
  std::string center;
  if (const auto* it = newest(loop))
    center = turns(loop) ? "iteration " + std::to_string(it->number)
                         : "after iteration " + std::to_string(it->number);
  for (auto& line :
       draw_ring(nodes_of(loop, facts.now), center, width - 2, paint))
    out.raw("  " + std::move(line));
  draw_running(out, loop, facts.now, width, paint);
  out.blank();
  draw_feedback(out, loop, facts, width, paint);
  out.blank();
  draw_champion(out, loop, facts.now, width, paint);
  out.blank();
  draw_iterations(out, loop, facts.now, width, size.rows, paint);
  return out.text(size.rows);
}

} // namespace ratchet::cli
