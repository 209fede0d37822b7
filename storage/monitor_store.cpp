#include "storage/monitor_store.hpp"

#include "storage/detail/byte_archive.hpp"
#include "storage/detail/workflow_fields.hpp"
#include "storage/keys.hpp"
#include "storage/record.hpp"

#include <cereal/types/array.hpp>

#include <string_view>
#include <utility>
#include <variant>

namespace ratchet::analysis {

// Layouts. The order of the fields is the format.

template <class Archive>
void serialize(Archive& archive, metric_key& x) {
  archive(
    x.metric, x.version, storage::detail::in_range{x.scope, slice_scope::other},
    x.attribute, x.value);
}
template <class Archive>
void serialize(Archive& archive, moments& x) {
  archive(x.count, x.sum, x.squares);
}

} // namespace ratchet::analysis

namespace ratchet::storage {

namespace {

constexpr record_version monitor_layout{1, 1};

struct stored_totals {
  sequence cursor;
  std::map<std::string, std::uint64_t> joined;
};
template <class Archive>
void serialize(Archive& archive, stored_totals& x) {
  archive(x.cursor, x.joined);
}

struct stored_cell {
  analysis::metric_key key;
  analysis::moments value;
};
template <class Archive>
void serialize(Archive& archive, stored_cell& x) {
  archive(x.key, x.value);
}

/// Stored by index: append only, never reorder.
using monitor_part = std::variant<stored_totals, stored_cell>;

constexpr std::string_view totals_part = "totals";

/// Texts are written with their sizes, so no two cells share a name whatever
/// bytes their attributes have.
std::string part_of(const analysis::metric_key& key) {
  std::string part = "cell ";
  detail::byte_writer archive{part, monitor_layout.written};
  archive(key);
  return part;
}

void put_part(
  write_batch& batch, loop_number loop, std::string name,
  const monitor_part& part) {
  batch.put(
    column::control, monitor_key{loop, std::move(name)}.encode(),
    detail::to_record(record_kind::monitor_state, monitor_layout, part));
}

/// Puts one stored part into `state`; `name` is what its key calls it.
result<void>
restore(monitor_state& state, monitor_part part, std::string_view name) {
  if (auto* totals = std::get_if<stored_totals>(&part)) {
    if (name != totals_part)
      return error{errc::corruption, "its totals have the key of a cell"};
    state.cursor = totals->cursor;
    state.joined = std::move(totals->joined);
    return {};
  }
  auto& cell = std::get<stored_cell>(part);
  if (name != part_of(cell.key))
    return error{
      errc::corruption,
      "a cell of metric \"" + cell.key.metric + "\" has the key of another"};
  state.metrics.restore(std::move(cell.key), cell.value);
  return {};
}

error at_monitor(loop_number loop, const error& cause) {
  return {
    cause.code,
    "loop number " + std::to_string(loop.value) +
      ": monitor: " + cause.message};
}

} // namespace

void put_monitor(write_batch& batch, loop_number loop, monitor_state& state) {
  put_part(
    batch, loop, std::string{totals_part},
    stored_totals{state.cursor, state.joined});
  for (const auto& key : state.metrics.take_changed())
    if (const auto* cell = state.metrics.find(key))
      put_part(batch, loop, part_of(key), stored_cell{key, *cell});
    else
      batch.erase(column::control, monitor_key{loop, part_of(key)}.encode());
}

result<sequence> load_monitor_cursor(const store& from, loop_number loop) {
  const auto bytes = from.get(
    column::control, monitor_key{loop, std::string{totals_part}}.encode());
  if (!bytes)
    return bytes.err();
  if (!bytes->has_value())
    return sequence{};
  const auto part = detail::from_record<monitor_part>(
    record_kind::monitor_state, monitor_layout.written, **bytes);
  if (!part)
    return at_monitor(loop, part.err());
  const auto* totals = std::get_if<stored_totals>(&*part);
  if (totals == nullptr)
    return at_monitor(
      loop, {errc::corruption, "a cell has the key of its totals"});
  return totals->cursor;
}

result<monitor_state>
load_monitor(const store& from, loop_number loop, std::size_t max_values) {
  monitor_state state{{}, {}, analysis::metric_table{max_values}};
  result<void> outcome;
  const auto take = [&](std::string_view key, std::string_view bytes) {
    const auto at = monitor_key::decode(key);
    if (!at) {
      outcome = at.err();
      return false;
    }
    auto part = detail::from_record<monitor_part>(
      record_kind::monitor_state, monitor_layout.written, bytes);
    outcome = part ? restore(state, std::move(*part), at->part)
                   : result<void>{part.err()};
    return outcome.ok();
  };
  const auto walked =
    from.scan(column::control, monitor_key::within(loop), take);
  if (!walked)
    return walked.err();
  if (!outcome)
    return at_monitor(loop, outcome.err());
  return state;
}

} // namespace ratchet::storage
