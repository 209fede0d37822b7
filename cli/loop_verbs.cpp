#include "cli/iteration_table.hpp"
#include "cli/loop_screen.hpp"
#include "cli/read_views.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"
#include "workflows/probation.hpp"

namespace ratchet::cli {

using workflows::iteration_outcome;

namespace {

std::string state_of(const json& loop) {
  if (flag_of(loop, "archived"))
    return "archived";
  if (flag_of(loop, "orphaned"))
    return "orphaned";
  const auto& running = member_of(loop, "running");
  std::string out = flag_of(loop, "paused") ? "paused" : "";
  if (running.is_array() && !running.empty())
    out += out.empty() ? "running" : ", running";
  return out.empty() ? "collecting" : out;
}

style state_style(const std::string& state) {
  return state == "collecting"                           ? style::plain
    : state.starts_with("paused") || state == "orphaned" ? style::yellow
    : state == "archived"                                ? style::dim
                                                         : style::cyan;
}

/// "5h to go; an alarm brings v2 back"; empty: the champion never was guarded.
std::string probation_text(const json& loop, time_point now) {
  const auto& probation = member_of(loop, "probation");
  if (!probation.is_object())
    return {};
  const auto version = version_name(number_of(probation, "version"));
  const auto until = time_of(probation, "until");
  if (flag_of(probation, "over"))
    return version + " has passed, " + relative_time(until, now);
  return short_duration(until - now) + " to go; an alarm brings " +
    version_name(number_of(probation, "previous")) + " back";
}

std::string share_text(const channel_view& channel) {
  return channel.needed == 0
    ? with_commas(channel.gained)
    : with_commas(channel.gained) + " of " + with_commas(channel.needed);
}

std::string attempt_lines(
  const verb_context& c, const json& stage, const stage_view& view) {
  const auto& attempts = member_of(stage, "attempts");
  // One that went well says no more than its stage.
  if (attempts.size() <= 1 && (view.failure.empty() || view.items))
    return {};
  std::string out;
  for (const auto& attempt : attempts) {
    auto line = "  attempt " + std::to_string(number_of(attempt, "attempt")) +
      " " + text_of(attempt, "outcome");
    if (const auto name = text_of(attempt, "name"); !name.empty())
      line += ": " + printable(name);
    if (const auto message = text_of(attempt, "message"); !message.empty())
      line += ": " + printable(message);
    if (c.width > 0)
      line = fit(line, c.width - 1);
    out += c.paint(style::dim, line) + "\n";
  }
  return out;
}

/// The items that failed or are under way.
std::string unit_lines(const verb_context& c, const stage_view& stage) {
  std::string out;
  if (!stage.items)
    return out;
  for (const auto& unit : stage.items->shown) {
    auto line = "  " + printable(unit.name) + " " + printable(unit.item) +
      "  " + std::string{workflows::to_string(unit.status)} + ", attempt " +
      std::to_string(unit.attempt);
    if (!unit.failure.empty())
      line += ": " + printable(unit.failure);
    if (c.width > 0)
      line = fit(line, c.width - 1);
    out += c.paint(style::dim, line) + "\n";
  }
  return out;
}

std::string iteration_text(const verb_context& c, const json& answer) {
  const auto now = c.clock.now();
  const auto it = read_iteration(answer);
  std::string out =
    c.paint(style::bold, "iteration " + std::to_string(it.number)) + " of " +
    printable(text_of(answer, "loop")) + "  " +
    c.paint(style_of(it.outcome), workflows::to_string(it.outcome)) +
    (it.cancel_requested && it.outcome == iteration_outcome::running
       ? ", cancel requested"
       : "") +
    (it.ending.empty() ? "" : ", cleaning up before it ends " + it.ending) +
    (it.paused ? ", paused " + printable(it.pause) : "") + "\n";
  const auto field = [&](std::string_view name, const std::string& value) {
    if (!value.empty())
      out += c.paint(style::dim, pad_right(name, 10)) + printable(value) + "\n";
  };
  field("reason", it.reason);
  field("verdict", it.verdict);
  std::string labels;
  for (const auto& [name, value] : it.labels)
    labels.append(labels.empty() ? "" : ", ").append(name + "=" + value);
  field("labels", labels);
  field("version", it.version == 0 ? "" : version_name(it.version));
  field("rollback", rollback_text(answer, now));
  field("champion", version_name(number_of(answer, "champion")));
  const auto first = number_of(answer, "data_from") + 1;
  const auto last = number_of(answer, "data_to");
  field(
    "data",
    last < first
      ? "no new events"
      : "events " + std::to_string(first) + " to " + std::to_string(last));
  field("started", relative_time(it.started, now) + ", took " + took(it, now));
  out += "\n";

  table t{
    {{"STAGE"},
     {"STATUS"},
     {"ATTEMPT", align::right},
     {"TOOK", align::right},
     {"RESULT", align::left, true}}};
  std::string attempts;
  const auto& stages = member_of(answer, "stages");
  for (std::size_t i = 0; i < it.stages.size(); ++i) {
    const auto& stage = it.stages[i];
    if (!stage.counts())
      continue;
    std::string said = stage.sentence.empty() ? stage.failure : stage.sentence;
    if (stage.status == workflows::stage_status::skipped)
      said = stage.skipped;
    if (stage.status == workflows::stage_status::queued)
      said = stage.note;
    if (stage.status == workflows::stage_status::waiting)
      said = wait_text(stage, now);
    if (stage.items)
      said = items_text(*stage.items) + (said.empty() ? "" : ": ") + said;
    else if (stage.progress)
      said = decimal(*stage.progress * 100, 0) + "% " + stage.note;
    if (said.empty())
      for (const auto& [name, value] : member_of(stages[i], "values").items())
        said += (said.empty() ? "" : ", ") + name + " " +
          (value.is_string() ? value.get<std::string>() : to_text(value));
    const auto ended = stage.ended == time_point{} ? now : stage.ended;
    t.add(
      {stage.name + (stage.cleanup.empty() ? "" : " (cleanup)"),
       {std::string{workflows::to_string(stage.status)},
        glyph_of(mark_of(stage.status)).look},
       stage.attempt == 0 ? "" : std::to_string(stage.attempt),
       stage.started == time_point{} ? ""
                                     : short_duration(ended - stage.started),
       said});
    if (auto lines = unit_lines(c, stage); !lines.empty())
      attempts += "\n" + printable(stage.name) + "\n" + lines;
    if (auto lines = attempt_lines(c, stages[i], stage); !lines.empty())
      attempts += "\n" + printable(stage.name) + "\n" + lines;
  }
  return out + t.render(c.paint, c.width) + attempts;
}

} // namespace

result<void> list_loops(verb_context& c, bool all) {
  const auto answer = c.server.get(all ? "/v1/loops?all=true" : "/v1/loops");
  if (!answer)
    return answer.err();
  const auto& loops = member_of(*answer, "loops");
  return c.show_list(
    loops, [](const json& loop) { return text_of(loop, "name"); },
    [&] {
      table t{
        {{"LOOP", align::left, true},
         {"STATE"},
         {"ITERATION", align::right},
         {"CHAMPION"},
         {"EVENTS", align::right}}};
      for (const auto& loop : loops) {
        const auto state = state_of(loop);
        t.add(
          {text_of(loop, "name"),
           {state, state_style(state)},
           std::to_string(number_of(loop, "last_iteration")),
           version_name(number_of(loop, "champion")),
           with_commas(number_of(loop, "events"))});
      }
      return t;
    },
    "this engine hosts no loops");
}

result<void> get_loop(verb_context& c, const std::string& loop) {
  const auto answer = c.server.get(loop_path(loop));
  if (!answer)
    return answer.err();
  return c.show(*answer, loop, [&] {
    const auto now = c.clock.now();
    const auto view = read_loop(*answer);
    const auto state = state_of(*answer);
    auto out = c.paint(style::bold, printable(view.name)) + "  " +
      c.paint(state_style(state), state) + "\n";
    const auto field = [&](std::string_view name, const std::string& value) {
      out += c.paint(style::dim, pad_right(name, 10)) + printable(value) + "\n";
    };
    auto champion = version_name(view.champion.version);
    for (const auto& [metric, value] : view.champion.metrics)
      champion += "  " + metric + " " + decimal(value, 4);
    field("champion", champion);
    field("previous", version_name(number_of(*answer, "previous")));
    if (auto said = probation_text(*answer, now); !said.empty())
      field("probation", said);
    if (view.champion.moved_by == workflows::by_probation)
      field("rollback", view.champion.reason);
    field("history", stored_text(view));
    field("trigger", view.trigger);
    if (const auto open = number_of(*answer, "open_alarms"); open > 0)
      field(
        "alarms",
        with_commas(open) + " open; `alarms " + view.name + "` shows them");
    table channels{
      {{"CHANNEL", align::left, true},
       {"JOINED", align::right},
       {"SINCE LAST START", align::right}}};
    for (const auto& channel : view.channels)
      channels.add(
        {channel.name, with_commas(channel.joined), share_text(channel)});
    out += "\n" + channels.render(c.paint, c.width);
    if (!view.iterations.empty())
      out +=
        "\n" + iteration_table(view.iterations, now).render(c.paint, c.width);
    return out;
  });
}

result<void>
get_iteration(verb_context& c, const std::string& loop, std::uint64_t number) {
  const auto answer =
    c.server.get(loop_path(loop, "/iterations/" + std::to_string(number)));
  if (!answer)
    return answer.err();
  return c.show(*answer, std::to_string(number), [&] {
    return iteration_text(c, *answer);
  });
}

} // namespace ratchet::cli
