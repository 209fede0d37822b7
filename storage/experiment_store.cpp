#include "storage/experiment_store.hpp"

#include "storage/detail/byte_archive.hpp"
#include "storage/detail/experiment_fields.hpp"
#include "storage/detail/journal_reading.hpp"
#include "storage/keys.hpp"
#include "storage/record.hpp"

#include <utility>

namespace ratchet::storage {

namespace {

constexpr record_version summary_layout{1, 1};
constexpr record_version state_layout{1, 1};
constexpr record_version decision_layout{1, 1};
constexpr record_version unit_layout{1, 1};

std::string name_of(loop_number loop, experiment_number number) {
  return detail::name_of(loop) + ": experiment " + std::to_string(number.value);
}

result<sequence> decode_unit(std::string_view record) {
  return detail::from_record<sequence>(
    record_kind::experiment_unit, unit_layout.written, record);
}

/// The error for a record that must be there.
template <class T>
result<T> required(result<std::optional<T>> found, const std::string& what) {
  if (!found)
    return found.err();
  if (!*found)
    return error{errc::not_found, what + " is not in the store"};
  return std::move(**found);
}

} // namespace

std::string encode(const experiment_summary& summary) {
  return detail::to_record(
    record_kind::experiment_summary, summary_layout, summary);
}
std::string encode(const experiment_state& state) {
  return detail::to_record(record_kind::experiment_state, state_layout, state);
}
std::string encode(const experiment_record& record) {
  return detail::to_record(record_kind::decision, decision_layout, record);
}
result<experiment_summary> decode_experiment_summary(std::string_view record) {
  return detail::from_record<experiment_summary>(
    record_kind::experiment_summary, summary_layout.written, record);
}
result<experiment_state> decode_experiment_state(std::string_view record) {
  return detail::from_record<experiment_state>(
    record_kind::experiment_state, state_layout.written, record);
}
result<experiment_record> decode_experiment_record(std::string_view record) {
  return detail::from_record<experiment_record>(
    record_kind::decision, decision_layout.written, record);
}

// Writing -------------------------------------------------------------------

void put_experiment(
  write_batch& batch, loop_number loop, const experiment_summary& summary) {
  batch.put(
    column::control, experiment_key{loop, summary.number}.encode(),
    encode(summary));
}

void put_experiment(
  write_batch& batch, loop_number loop, const experiment_state& state) {
  batch.put(
    column::control, experiment_state_key{loop, state.number}.encode(),
    encode(state));
}

void put_experiment(
  write_batch& batch, loop_number loop, const experiment_record& record) {
  batch.put(
    column::control, decision_key{loop, record.number}.encode(),
    encode(record));
}

void put_unit(
  write_batch& batch, loop_number loop, experiment_number number,
  std::uint64_t unit, sequence first) {
  batch.put(
    column::control, experiment_unit_key{loop, number, unit}.encode(),
    detail::to_record(record_kind::experiment_unit, unit_layout, first));
}

void erase_units(
  write_batch& batch, loop_number loop, experiment_number number) {
  auto range = experiment_unit_key::within(loop, number);
  batch.erase_range(
    column::control, std::move(range.from), std::move(range.to));
}

// Reading -------------------------------------------------------------------

result<experiment_summary> load_experiment_summary(
  const store& from, loop_number loop, experiment_number number) {
  const auto what = name_of(loop, number);
  return required(
    detail::load(
      from, column::control, experiment_key{loop, number}.encode(),
      decode_experiment_summary, what),
    what);
}

result<std::vector<experiment_summary>> load_experiments(
  const store& from, loop_number loop, experiment_number before,
  std::size_t limit) {
  std::vector<experiment_summary> found;
  if (limit == 0)
    return found;
  auto range = experiment_key::within(loop);
  if (before.value != 0)
    range.to = experiment_key{loop, before}.encode();
  auto walked = detail::walk(
    from, column::control, range, true,
    [&](std::string_view key, std::string_view bytes) -> result<bool> {
      const auto at = experiment_key::decode(key);
      if (!at)
        return at.err();
      auto summary = decode_experiment_summary(bytes);
      if (!summary)
        return detail::within(name_of(loop, at->number), summary.err());
      found.push_back(std::move(*summary));
      return found.size() < limit;
    });
  if (!walked)
    return walked.err();
  return found;
}

result<experiment_state> load_experiment_state(
  const store& from, loop_number loop, experiment_number number) {
  const auto what = name_of(loop, number) + ": state";
  return required(
    detail::load(
      from, column::control, experiment_state_key{loop, number}.encode(),
      decode_experiment_state, what),
    what);
}

result<std::optional<experiment_record>> load_experiment_record(
  const store& from, loop_number loop, experiment_number number) {
  return detail::load(
    from, column::control, decision_key{loop, number}.encode(),
    decode_experiment_record, name_of(loop, number) + ": decision");
}

result<std::optional<sequence>> find_unit(
  const store& from, loop_number loop, experiment_number number,
  std::uint64_t unit) {
  return detail::load(
    from, column::control, experiment_unit_key{loop, number, unit}.encode(),
    decode_unit, name_of(loop, number) + ": unit");
}

} // namespace ratchet::storage
