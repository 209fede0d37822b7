#include "cli/read_views.hpp"
#include "cli/signals.hpp"
#include "cli/verbs.hpp"
#include "workflows/fan_out.hpp"

#include <map>

namespace ratchet::cli {

namespace {

constexpr duration poll_interval{300};

/// Shows the logs of an iteration's stages as they grow: each stage's last
/// attempt from its first byte, under a heading whenever the source changes.
class log_pump {
public:
  log_pump(verb_context& c, const log_request& what) : c_(c), what_(what) {}

  /// Prints what is new. `it` is the iteration as it is.
  result<void> pump(const iteration_view& it) {
    if (workflows::parse_unit(what_.stage).index)
      return pump_unit(it.number);
    for (const auto& stage : it.stages) {
      if (!what_.stage.empty() && stage.name != what_.stage)
        continue;
      if (!stage.items) {
        if (auto shown = pump_attempt(it.number, stage.name, stage.attempt);
            !shown)
          return shown;
        continue;
      }
      // Those that failed or run; the others are there for the asking.
      for (const auto& unit : stage.items->shown)
        if (auto shown = pump_attempt(it.number, unit.name, unit.attempt);
            !shown)
          return shown;
    }
    return {};
  }

  /// True if every attempt that was shown has said its last word.
  [[nodiscard]] bool all_final() const {
    for (const auto& [stage, at] : places_)
      if (!at.final)
        return false;
    return true;
  }
  [[nodiscard]] bool anything() const { return !places_.empty(); }

private:
  struct place {
    std::uint64_t attempt = 0;
    std::uint64_t offset = 0;
    bool final = false;
  };

  result<void> pump_attempt(
    std::uint64_t iteration, const std::string& unit, std::uint64_t last) {
    const auto attempt = what_.attempt == 0 ? last : what_.attempt;
    if (attempt == 0)
      return {};
    auto& at = places_[unit];
    if (at.attempt != attempt)
      at = {attempt, 0, false};
    return drain(iteration, unit, at);
  }

  /// One item's, which the engine asks for its last attempt.
  result<void> pump_unit(std::uint64_t iteration) {
    const auto last =
      c_.server.stage_log(what_.loop, iteration, what_.stage, what_.attempt, 0);
    if (!last)
      return last.err();
    return pump_attempt(iteration, what_.stage, last->attempt);
  }

  result<void>
  drain(std::uint64_t iteration, const std::string& stage, place& at) {
    while (!at.final) {
      const auto piece = c_.server.stage_log(
        what_.loop, iteration, stage, at.attempt, at.offset);
      if (!piece)
        return piece.err();
      at.final = piece->final;
      if (piece->text.empty())
        break;
      if (auto shown = show(stage, at.attempt, piece->text); !shown)
        return shown;
      at.offset = piece->next_offset;
    }
    return {};
  }

  /// Bytes as they are: a log may hold colors of its own.
  result<void> show(
    const std::string& stage, std::uint64_t attempt, const std::string& text) {
    const auto source = stage + ", attempt " + std::to_string(attempt);
    std::string out;
    // Headings only for eyes: a pipe gets the log and nothing else.
    if (c_.width > 0 && what_.stage.empty() && source != shown_) {
      out = (at_line_start_ ? "" : "\n") +
        c_.paint(style::dim, "── " + source + " ──") + "\n";
      shown_ = source;
    }
    out += text;
    at_line_start_ = text.back() == '\n';
    return c_.print(out);
  }

  verb_context& c_;
  const log_request& what_;
  std::map<std::string, place> places_;
  std::string shown_;
  bool at_line_start_ = true;
};

result<std::uint64_t>
newest_iteration(verb_context& c, const std::string& loop) {
  const auto answer = c.server.get(loop_path(loop, "/iterations?limit=1"));
  if (!answer)
    return answer.err();
  const auto& all = member_of(*answer, "iterations");
  if (!all.is_array() || all.empty())
    return error{
      errc::not_found,
      "loop " + loop + " has had no iterations; start one with: trigger " +
        loop};
  return number_of(all.front(), "number");
}

bool has_stage(const iteration_view& it, const std::string& name) {
  for (const auto& stage : it.stages)
    if (stage.name == name)
      return true;
  return false;
}

} // namespace

result<void> show_logs(verb_context& c, const log_request& what) {
  auto number = what.iteration;
  if (number == 0) {
    const auto newest = newest_iteration(c, what.loop);
    if (!newest)
      return newest.err();
    number = *newest;
  }
  const stop_signals signals;
  log_pump pump{c, what};
  const auto path =
    loop_path(what.loop, "/iterations/" + std::to_string(number));
  while (true) {
    const auto answer = c.server.get(path);
    const auto away =
      !answer && answer.err().code == errc::unavailable && what.follow;
    if (!answer && !away)
      return answer.err();
    if (answer) {
      const auto it = read_iteration(*answer);
      const std::string stage{workflows::parse_unit(what.stage).stage};
      if (!stage.empty() && !has_stage(it, stage))
        return error{
          errc::not_found,
          "iteration " + std::to_string(number) + " of " + what.loop +
            " has no stage \"" + what.stage + "\""};
      auto shown = pump.pump(it);
      if (!shown && !(what.follow && shown.err().code == errc::unavailable))
        return shown;
      const auto ended = it.outcome != workflows::iteration_outcome::running;
      if (!what.follow || (ended && shown && pump.all_final())) {
        if (!pump.anything())
          c.remark("no stage has started yet");
        return {};
      }
    }
    if (signals.wait(poll_interval))
      return {};
  }
}

} // namespace ratchet::cli
