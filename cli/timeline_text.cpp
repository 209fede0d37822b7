#include "cli/timeline_text.hpp"

#include "cli/loop_screen.hpp"
#include "cli/read_views.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace ratchet::cli {

namespace {

constexpr std::string_view waits = "░";
constexpr std::string_view runs = "█";
constexpr std::string_view backs_off = "·";
constexpr std::string_view pauses = "▒";

/// Moments as cells of a bar.
class time_scale {
public:
  time_scale(time_point from, time_point to, std::size_t cells)
      : from_(from), length_(std::max(to - from, duration{1})), cells_(cells) {}

  [[nodiscard]] std::size_t cell(time_point t) const {
    const auto passed = std::clamp(t - from_, duration{0}, length_);
    return static_cast<std::size_t>(
      static_cast<double>(passed.count()) * static_cast<double>(cells_) /
      static_cast<double>(length_.count()));
  }
  [[nodiscard]] std::size_t cells() const { return cells_; }
  [[nodiscard]] duration length() const { return length_; }

private:
  time_point from_;
  duration length_;
  std::size_t cells_;
};

/// A line of cells on which spans of time are drawn.
class time_bar {
public:
  explicit time_bar(const time_scale& scale)
      : scale_(scale), cells_(scale.cells(), " ") {}

  /// However short, it shows.
  void draw(std::string_view mark, time_point from, time_point to) {
    if (from == time_point{} || to <= from)
      return;
    const auto first = std::min(scale_.cell(from), cells_.size() - 1);
    const auto last = std::max(scale_.cell(to), first + 1);
    for (auto i = first; i < last; ++i)
      cells_[i] = mark;
  }

  [[nodiscard]] std::string text() const {
    std::string out;
    for (const auto cell : cells_)
      out += cell;
    return out;
  }

private:
  const time_scale& scale_;
  std::vector<std::string_view> cells_;
};

struct attempt_times {
  time_point queued;
  time_point started;
  time_point ended;
  time_point next; ///< The end of the back-off; epoch: there is none.
};

attempt_times times_of(const json& attempt, time_point now) {
  attempt_times out{
    time_of(attempt, "queued"), time_of(attempt, "started"),
    time_of(attempt, "ended"), time_of(attempt, "retry_at")};
  if (out.ended == time_point{})
    out.ended = now;
  return out;
}

std::string bar_of(const attempt_times& at, const time_scale& scale) {
  time_bar bar{scale};
  // What is drawn later wins: a run is never hidden by what is beside it.
  bar.draw(backs_off, at.ended, at.next);
  bar.draw(
    waits, at.queued, at.started == time_point{} ? at.ended : at.started);
  bar.draw(runs, at.started, at.ended);
  return bar.text();
}

std::string result_of(const json& attempt, const attempt_times& at) {
  const auto outcome = text_of(attempt, "outcome");
  const bool under_way = outcome == "running" || outcome == "queued" ||
    outcome == "waiting" || outcome == "suspended";
  const auto from = at.started == time_point{} ? at.queued : at.started;
  auto out = outcome +
    (under_way                  ? " for "
       : outcome == "succeeded" ? " in "
                                : " after ") +
    short_duration(at.ended - from);
  if (at.queued != time_point{} && at.started != time_point{})
    out += ", waited " + short_duration(at.started - at.queued);
  if (const auto name = text_of(attempt, "name"); !name.empty())
    out += ": " + name;
  if (const auto message = text_of(attempt, "message"); !message.empty())
    out += ": " + message;
  return out;
}

style style_of_outcome(const std::string& outcome) {
  if (outcome == "succeeded")
    return style::green;
  if (outcome == "failed" || outcome == "lost" || outcome == "refused")
    return style::red;
  return outcome == "running" ? style::cyan : style::plain;
}

void add_pause(
  table& to, const json& pause, const time_scale& scale, time_point now) {
  const auto end = time_of(pause, "to");
  time_bar bar{scale};
  bar.draw(pauses, time_of(pause, "from"), end == time_point{} ? now : end);
  const auto reason = text_of(pause, "reason");
  to.add(
    {"(paused)", "", bar.text(),
     std::string{flag_of(pause, "now") ? "at once" : "at the boundary"} +
       " by " + text_of(pause, "who") + (reason.empty() ? "" : ": " + reason)});
}

std::string scale_header(const time_scale& scale) {
  const std::string first = "0s";
  const auto last = short_duration(scale.length());
  return first + pad_left(last, scale.cells() - first.size());
}

/// What the bars get of a terminal; a fixed width in a pipe.
std::size_t bar_cells(std::size_t width) {
  constexpr std::size_t usual = 40;
  constexpr std::size_t least = 16;
  return width == 0 ? usual : std::clamp(width / 2, least, 2 * usual);
}

/// A wait for the world is no try.
std::string try_of(const json& attempt) {
  const auto number = number_of(attempt, "attempt");
  return number == 0 ? "" : std::to_string(number);
}

void add_stage(
  table& to, const json& stage, const time_scale& scale, time_point now) {
  const auto name = text_of(stage, "name");
  const auto cleanup = text_of(stage, "cleanup");
  const auto& attempts = member_of(stage, "attempts");
  const auto status = text_of(stage, "status");
  const auto shown = name + (cleanup.empty() ? "" : " (cleanup)");
  if (attempts.empty()) {
    // Cleanup that is not due is no part of this iteration.
    if (cleanup.empty() || status != "pending")
      to.add({shown, "", "", status});
    return;
  }
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    auto at = times_of(attempts[i], now);
    // A try by hand, or a cancel, may end a back-off early.
    if (i + 1 < attempts.size()) {
      const auto next = times_of(attempts[i + 1], now);
      at.next = next.queued == time_point{} ? next.started : next.queued;
    }
    const auto outcome = text_of(attempts[i], "outcome");
    to.add(
      {shown,
       try_of(attempts[i]),
       {bar_of(at, scale), style_of_outcome(outcome)},
       result_of(attempts[i], at)});
  }
}

} // namespace

std::string timeline_text(
  const json& answer, const palette& paint, std::size_t width, time_point now) {
  const auto it = read_iteration(answer);
  const auto end = it.ended == time_point{} ? now : it.ended;
  const time_scale scale{it.started, end, bar_cells(width)};
  table t{
    {{"STAGE"},
     {"TRY", align::right},
     {scale_header(scale)},
     {"RESULT", align::left, true}}};
  for (const auto& stage : member_of(answer, "stages"))
    add_stage(t, stage, scale, end);
  const auto& all_pauses = member_of(answer, "pauses");
  for (const auto& pause : all_pauses)
    add_pause(t, pause, scale, end);
  auto out = paint(style::bold, "iteration " + std::to_string(it.number)) +
    " of " + printable(text_of(answer, "loop")) + "  " +
    paint(style_of(it.outcome), workflows::to_string(it.outcome)) + ", " +
    (it.ended == time_point{} ? "for " : "took ") +
    short_duration(scale.length()) + "\n";
  if (const auto rollback = rollback_text(answer, now); !rollback.empty())
    out += "rolled back " + printable(rollback) + "\n";
  out += "\n" + t.render(paint, width);
  return out + "\n" +
    paint(style::dim,
          std::string{"░ waits  █ runs  · backs off"} +
            (all_pauses.empty() ? "" : "  ▒ paused")) +
    "\n";
}

} // namespace ratchet::cli
