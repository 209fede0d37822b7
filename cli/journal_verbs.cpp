#include "cli/read_views.hpp"
#include "cli/text.hpp"
#include "cli/timeline_text.hpp"
#include "cli/verbs.hpp"
#include "formats/journal_export.hpp"
#include "workflows/event_type.hpp"
#include "workflows/replay.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <utility>

namespace ratchet::cli {

namespace {

std::string iteration_path(
  const std::string& loop, std::uint64_t number, std::string_view rest) {
  return loop_path(
    loop, "/iterations/" + std::to_string(number) + std::string{rest});
}

json decision_json(
  const workflows::replayed_decision& decision,
  const std::vector<workflows::iteration_event>& events) {
  auto types = json::array();
  for (std::size_t i = 0; i < decision.count; ++i)
    types.push_back(workflows::type_of(events[decision.first + i]));
  return {
    {"command", decision.command},
    {"at", to_iso8601(decision.at)},
    {"first_event", decision.first},
    {"events", std::move(types)}};
}

std::string decision_lines(const verb_context& c, const json& decisions) {
  table t{
    {{"EVENT", align::right},
     {"AT"},
     {"COMMAND"},
     {"DECIDED", align::left, true}}};
  for (const auto& each : decisions) {
    std::string events;
    for (const auto& type : member_of(each, "events"))
      events += (events.empty() ? "" : ", ") + type.get<std::string>();
    t.add(
      {std::to_string(number_of(each, "first_event")), text_of(each, "at"),
       text_of(each, "command"), events});
  }
  return t.render(c.paint, c.width);
}

/// What a replay found of one iteration, as one value.
json replay_json(
  const formats::exported_iteration& it,
  const workflows::replayed_iteration& replayed) {
  auto decisions = json::array();
  for (const auto& each : replayed.decisions)
    decisions.push_back(decision_json(each, it.events));
  return {
    {"loop", it.loop},
    {"number", it.number.value},
    {"fingerprint", replayed.state.start.fingerprint},
    {"events", it.events.size()},
    {"outcome", workflows::to_string(replayed.state.outcome)},
    {"end_reason", replayed.state.end_reason},
    {"decisions", std::move(decisions)}};
}

result<void>
replay_one(verb_context& c, const formats::exported_iteration& it) {
  const auto name =
    "iteration " + std::to_string(it.number.value) + " of " + it.loop;
  const auto replayed = workflows::replay(it.plan, it.events);
  if (!replayed)
    return error{replayed.err().code, name + ": " + replayed.err().message};
  const auto answer = replay_json(it, *replayed);
  const auto& decisions = member_of(answer, "decisions");
  return c.show(answer, std::to_string(it.number.value), [&] {
    return decision_lines(c, decisions) + "\n" + printable(name) + ": all " +
      with_commas(decisions.size()) + " decisions follow, " +
      with_commas(it.events.size()) + " events; " + text_of(answer, "outcome") +
      "\n";
  });
}

} // namespace

result<void>
show_timeline(verb_context& c, const std::string& loop, std::uint64_t number) {
  const auto answer = c.server.get(iteration_path(loop, number, "/timeline"));
  if (!answer)
    return answer.err();
  return c.show(*answer, std::to_string(number), [&] {
    return timeline_text(*answer, c.paint, c.width, c.clock.now());
  });
}

result<void> export_iteration(
  verb_context& c, const std::string& loop, std::uint64_t number) {
  const auto text = c.server.get_text(iteration_path(loop, number, "/export"));
  return text ? c.print(*text) : result<void>{text.err()};
}

result<void> export_loop(verb_context& c, const std::string& loop) {
  std::string after;
  do {
    auto path = loop_path(loop, "/export");
    if (!after.empty())
      path += "?after=" + segment(after);
    const auto block = c.server.get_block(path);
    if (!block)
      return block.err();
    if (auto printed = c.print(block->text); !printed)
      return printed;
    after = block->next;
  } while (!after.empty());
  return {};
}

result<void> replay_file(verb_context& c, const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file)
      return error{
        errc::not_found, "cannot read " + path + ": " + std::strerror(errno)};
  }
  std::uint64_t iterations = 0;
  auto read = formats::read_export(
    path == "-" ? std::cin : file, [&](formats::exported_iteration it) {
      ++iterations;
      return replay_one(c, it);
    });
  if (!read)
    return error{read.err().code, path + ": " + read.err().message};
  if (iterations == 0)
    return error{
      errc::failed_condition, path + ": there is no iteration to replay"};
  return {};
}

} // namespace ratchet::cli
