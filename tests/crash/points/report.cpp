#include "report.hpp"

#include "storage/audit_log.hpp"
#include "storage/history.hpp"
#include "storage/loop_journal.hpp"
#include "storage/registry.hpp"
#include "workflows/event_type.hpp"
#include "workflows/replay.hpp"

#include <set>
#include <sstream>
#include <utility>
#include <variant>

namespace ratchet::test {

namespace {

/// By what it is: which of several that were made at once got which number is
/// a matter of chance.
std::string
name_of(const actors::node& node, loop_number loop, version_number number) {
  if (number.value == 0)
    return "none";
  const auto version = node.registry().version(loop, number);
  if (!version)
    give_up(version.err().message);
  return version->artifact.name + '@' + version->artifact.digest.substr(0, 12);
}

/// An iteration whose stages are told.
struct told_iteration {
  const actors::node& node;
  loop_number loop;
  std::ostream& out;
};

void tell_stage(
  const told_iteration& of, const std::string& name,
  const workflows::stage_state& stage) {
  auto& out = of.out;
  out << "    " << name << ": " << to_string(stage.status);
  for (const auto& [key, value] : stage.output.values) {
    const bool names_version =
      stage.in_experiment && (key == "champion" || key == "winner");
    out << ' ' << key << '='
        << (names_version ? name_of(of.node, of.loop, {std::stoull(value)})
                          : value);
  }
  // A data set's manifest says as of when its look for areas was made.
  const bool has_look = stage.output.values.contains("areas");
  for (const auto& artifact : stage.output.artifacts) {
    out << ' ' << artifact.name;
    if (!has_look || artifact.name != "dataset.json")
      out << '@' << artifact.digest.substr(0, 12);
  }
  if (!stage.skip_reason.empty())
    out << " because " << stage.skip_reason;
  out << '\n';
}

void tell_champion(
  std::ostream& out, const actors::node& node, loop_number loop,
  version_number champion) {
  if (champion.value != 0)
    out << "  champion " << name_of(node, loop, champion) << '\n';
}

/// The versions that were taken back: each one's mark is that of its move.
void tell_rollbacks(
  std::ostream& out, const actors::node& node, loop_number loop,
  const workflows::loop_state& state) {
  const auto events = node.journal().loop_events(loop, 0, state.event_count);
  if (!events)
    give_up(events.err().message);
  for (std::uint64_t index = 0; index < events->size(); ++index) {
    const auto* move =
      std::get_if<workflows::champion_moved>(&events->at(index));
    if (move == nullptr || move->kind != workflows::move_kind::rollback)
      continue;
    const auto mark = node.registry().rollback_of(loop, move->from);
    if (!mark || !*mark || (*mark)->event != index)
      give_up("a version that was taken back does not say so");
    out << "  " << name_of(node, loop, move->from) << " taken back to "
        << name_of(node, loop, move->to) << " by " << move->who << '\n';
  }
}

/// Every decision follows from those before it, wherever the engine died.
void check_replay(
  const driver& script, loop_number loop, const workflows::iteration& it) {
  const auto& journal = script.node().journal();
  const auto events = journal.iteration_events(loop, it.start.number);
  const auto plan = journal.load_definition(loop, it.start.fingerprint);
  if (!events || !plan)
    give_up("an iteration cannot be read for its replay");
  const auto replayed = workflows::replay(*plan, *events);
  if (!replayed)
    give_up("a replay: " + replayed.err().message);
  if (replayed->state != it)
    give_up("a replay ends in another state");
}

/// What operators did. Once each, because a request that was not answered may
/// have been accepted, and is not made again, or be made twice.
void tell_audit(std::ostream& out, const actors::node& node, loop_number loop) {
  std::set<std::string> accepted;
  const auto read = storage::scan_audit(
    node.store(), loop, {}, [&](const workflows::audit_entry& entry) {
      if (entry.outcome == workflows::audit_outcome::accepted)
        accepted.insert(entry.verb + " " + entry.reason);
      return true;
    });
  if (!read)
    give_up(read.err().message);
  for (const auto& each : accepted)
    out << "  audit " << each << '\n';
}

template <std::size_t... Index>
std::vector<std::string> event_types(std::index_sequence<Index...>) {
  using workflows::iteration_event;
  return {std::string{
    workflows::type_of(iteration_event{std::in_place_index<Index>})}...};
}

} // namespace

std::string end_state(const driver& script) {
  std::ostringstream out;
  for (const auto& [name, definition] : script.node().loops()) {
    const auto loop = *script.node().journal().find_loop(name);
    if (auto sound = script.node().journal().verify(loop); !sound)
      give_up(name + ": " + sound.err().message);
    const auto state = script.state(name);
    out << name << (state.paused ? " paused" : "") << '\n';
    out << "  events " << script.node().history().end(loop).value << '\n';
    tell_champion(out, script.node(), loop, state.champion);
    tell_rollbacks(out, script.node(), loop, state);
    for (const auto& alarm : state.alarms)
      out << "  " << to_string(alarm.level) << " of " << alarm.condition
          << (alarm.closed ? ", over" : ", open") << '\n';
    for (const auto& [metric, reading] : state.trigger.areas)
      for (const auto& area : reading.areas)
        out << "  area of " << metric << ": " << area.text << ", error "
            << area.error << ", impact " << area.impact << '\n';
    for (std::uint64_t n = 1; n <= state.last_iteration.value; ++n) {
      const auto it = script.iteration(name, n);
      if (!it)
        give_up(name + ": an iteration that was started has no journal");
      out << "  iteration " << n << ": " << to_string(it->outcome) << ", data "
          << it->start.data_from.value << " to " << it->start.data_to.value
          << '\n';
      for (const auto& [label, value] : it->labels)
        out << "    label " << label << '=' << value << '\n';
      const told_iteration of{script.node(), loop, out};
      for (const auto& [stage, seen] : it->stages)
        tell_stage(of, stage, seen);
      for (const auto& [stage, units] : it->fan_outs)
        for (std::uint32_t i = 0; i < units.units.size(); ++i)
          tell_stage(
            of, workflows::unit_name(stage, i) + " " + units.items[i],
            units.units[i]);
      check_replay(script, loop, *it);
    }
    tell_audit(out, script.node(), loop);
  }
  return out.str();
}

std::vector<std::string> every_event_type() {
  return event_types(std::make_index_sequence<
                     std::variant_size_v<workflows::iteration_event>>{});
}

std::set<std::string> shown(const driver& script) {
  std::set<std::string> out;
  for (const auto& [name, definition] : script.node().loops()) {
    const auto loop = *script.node().journal().find_loop(name);
    const auto last = script.state(name).last_iteration;
    for (iteration_number n{1}; n <= last; n = n.next()) {
      const auto events = script.node().journal().iteration_events(loop, n);
      if (!events)
        give_up(name + ": " + events.err().message);
      for (const auto& event : *events) {
        out.emplace(workflows::type_of(event));
        if (const auto* failed = std::get_if<workflows::attempt_failed>(&event))
          out.insert(failed->failure.name);
      }
    }
  }
  return out;
}

} // namespace ratchet::test
