#include "storage/monitor_store.hpp"

#include "storage/detail/monitor_fields.hpp"
#include "storage/keys.hpp"
#include "storage/record.hpp"

#include <functional>
#include <string_view>
#include <utility>
#include <variant>

namespace ratchet::storage {

namespace {

using detail::monitor_part;
using detail::stored_cell;
using detail::stored_drop;
using detail::stored_live;
using detail::stored_marks;
using detail::stored_pane;
using detail::stored_totals;

constexpr record_version first_layout{1, 1};
/// Of the parts that came later; those before are as they were.
constexpr record_version second_layout{2, 2};

constexpr std::string_view totals_part = "totals";
constexpr std::string_view marks_part = "over time";
// What follows the first word makes the name; texts are written with their
// sizes, so no two parts share one whatever bytes an attribute has.
constexpr std::string_view cell_word = "cell ";
constexpr std::string_view live_word = "live ";
constexpr std::string_view pane_word = "pane ";
constexpr std::string_view drop_word = "drop ";

template <class... Fields>
std::string part_of(std::string_view word, const Fields&... fields) {
  std::string part{word};
  detail::byte_writer archive{part, first_layout.written};
  (archive(fields), ...);
  return part;
}

std::string name_of(const stored_totals&) {
  return std::string{totals_part};
}
std::string name_of(const stored_marks&) {
  return std::string{marks_part};
}
std::string name_of(const stored_cell& x) {
  return part_of(cell_word, x.key);
}
std::string name_of(const stored_live& x) {
  return part_of(live_word, x.key);
}
std::string name_of(const stored_pane& x) {
  return part_of(pane_word, x.pane, x.key);
}
std::string name_of(const stored_drop& x) {
  return std::string{drop_word} + x.condition;
}

/// For a message.
std::string what_is(const stored_totals&) {
  return "its totals have";
}
std::string what_is(const stored_marks&) {
  return "its marks have";
}
std::string what_is(const stored_drop& x) {
  return "the watch of " + x.condition + " has";
}
template <class Part>
std::string what_is(const Part& x) {
  return "a cell of metric \"" + x.key.metric + "\" has";
}

void put_part(
  write_batch& batch, loop_number loop, record_version layout,
  const monitor_part& part) {
  auto name = std::visit([](const auto& x) { return name_of(x); }, part);
  batch.put(
    column::control, monitor_key{loop, std::move(name)}.encode(),
    detail::to_record(record_kind::monitor_state, layout, part));
}

void erase_part(write_batch& batch, loop_number loop, std::string name) {
  batch.erase(column::control, monitor_key{loop, std::move(name)}.encode());
}

error at_monitor(loop_number loop, const error& cause) {
  return {
    cause.code,
    "loop number " + std::to_string(loop.value) +
      ": monitor: " + cause.message};
}

/// The part that `key` names, whose own name must be that.
result<monitor_part> read_part(std::string_view key, std::string_view bytes) {
  const auto at = monitor_key::decode(key);
  if (!at)
    return at.err();
  auto part = detail::from_record<monitor_part>(
    record_kind::monitor_state, second_layout.written, bytes);
  if (!part)
    return part;
  const auto check = [&at](const auto& x) -> result<void> {
    if (name_of(x) == at->part)
      return {};
    return error{errc::corruption, what_is(x) + " the key of another"};
  };
  if (auto named = std::visit(check, *part); !named)
    return named.err();
  return part;
}

/// Gives each part whose name begins with `word` to `take`.
result<void> scan_parts(
  const store& from, loop_number loop, std::string_view word,
  const std::function<void(monitor_part&)>& take) {
  result<void> outcome;
  const auto walked = from.scan(
    column::control,
    keys_with_prefix(monitor_key{loop, std::string{word}}.encode()),
    [&](std::string_view key, std::string_view bytes) {
      auto part = read_part(key, bytes);
      if (part)
        take(*part);
      else
        outcome = at_monitor(loop, part.err());
      return outcome.ok();
    });
  return walked ? outcome : walked;
}

/// Puts one stored part where it belongs.
struct state_restorer {
  monitor_state& state;

  void operator()(stored_totals& x) const {
    state.cursor = x.cursor;
    state.joined = std::move(x.joined);
  }
  void operator()(stored_cell& x) const {
    state.metrics.restore(std::move(x.key), x.value);
  }
  void operator()(stored_drop& x) const {
    state.drops.all.insert_or_assign(
      std::move(x.condition), std::move(x.watch));
  }
  template <class Part>
  void operator()(Part&) const {}
};

struct history_restorer {
  analysis::metric_history& history;

  void operator()(stored_marks& x) const { history.restore(x.plan, x.marks); }
  void operator()(stored_live& x) const {
    history.restore(std::move(x.key), std::move(x.value));
  }
  void operator()(stored_pane& x) const {
    history.restore({x.pane, std::move(x.key)}, std::move(x.value));
  }
  template <class Part>
  void operator()(Part&) const {}
};

} // namespace

void put_monitor(write_batch& batch, loop_number loop, monitor_state& state) {
  put_part(
    batch, loop, first_layout, stored_totals{state.cursor, state.joined});
  for (const auto& key : state.metrics.take_changed())
    if (const auto* cell = state.metrics.find(key))
      put_part(batch, loop, first_layout, stored_cell{key, *cell});
    else
      erase_part(batch, loop, part_of(cell_word, key));
  for (const auto& condition : std::exchange(state.drops.changed, {}))
    if (const auto it = state.drops.all.find(condition);
        it != state.drops.all.end())
      put_part(batch, loop, second_layout, stored_drop{condition, it->second});
    else
      erase_part(batch, loop, std::string{drop_word} + condition);
}

void put_history(
  write_batch& batch, loop_number loop, analysis::metric_history& history) {
  const auto changes = history.take_changes();
  if (changes.marks)
    put_part(
      batch, loop, second_layout,
      stored_marks{history.plan(), history.marks()});
  for (const auto& key : changes.cells)
    if (const auto* cell = history.find(key))
      put_part(batch, loop, second_layout, stored_live{key, *cell});
  for (const auto& pane : changes.panes)
    if (const auto* cell = history.find(pane))
      put_part(
        batch, loop, second_layout,
        stored_pane{pane.first, pane.second, *cell});
    else
      erase_part(batch, loop, part_of(pane_word, pane.first, pane.second));
}

workflows::trigger_inputs inputs_of(const monitor_state& state) {
  workflows::trigger_inputs inputs{state.cursor, state.joined};
  for (const auto& [condition, watch] : state.drops.all) {
    const auto found = analysis::finding(watch);
    inputs.drops[condition] = {
      static_cast<workflows::drop_level>(found.level),
      watch.origin.version,
      watch.origin.record,
      found.evidence,
      found.threshold,
      found.observations,
      found.mean,
      found.recent,
      found.recent_mean,
      found.since,
      found.at,
      found.covered.low,
      found.covered.high};
  }
  return inputs;
}

result<sequence> load_monitor_cursor(const store& from, loop_number loop) {
  const auto key = monitor_key{loop, std::string{totals_part}}.encode();
  const auto bytes = from.get(column::control, key);
  if (!bytes)
    return bytes.err();
  if (!bytes->has_value())
    return sequence{};
  const auto part = read_part(key, **bytes);
  if (!part)
    return at_monitor(loop, part.err());
  return std::get<stored_totals>(*part).cursor; // By its name.
}

result<monitor_state>
load_monitor(const store& from, loop_number loop, std::size_t max_values) {
  monitor_state state{{}, {}, analysis::metric_table{max_values}};
  const auto take = [&state](monitor_part& part) {
    std::visit(state_restorer{state}, part);
  };
  for (const auto word : {totals_part, cell_word, drop_word})
    if (auto read = scan_parts(from, loop, word, take); !read)
      return read.err();
  return state;
}

result<analysis::metric_history>
load_history(const store& from, loop_number loop) {
  analysis::metric_history history;
  const auto take = [&history](monitor_part& part) {
    std::visit(history_restorer{history}, part);
  };
  for (const auto word : {marks_part, live_word, pane_word})
    if (auto read = scan_parts(from, loop, word, take); !read)
      return read.err();
  return history;
}

} // namespace ratchet::storage
