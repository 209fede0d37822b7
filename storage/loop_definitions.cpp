#include "storage/detail/byte_archive.hpp"
#include "storage/detail/journal_reading.hpp"
#include "storage/keys.hpp"
#include "storage/loop_journal.hpp"
#include "storage/record.hpp"
#include "storage/workflow_codec.hpp"

#include <cereal/types/chrono.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

/// The part of the loop journal that keeps definitions.

namespace ratchet::storage {

namespace detail {

template <class Archive>
void serialize(Archive& archive, definition_dates& x) {
  archive(x.first, x.last);
}

} // namespace detail

namespace {

using detail::load;
using detail::name_of;
using detail::walk;
using detail::within;

constexpr record_version dates_layout{1, 1};

result<definition_dates> decode_dates(std::string_view record) {
  return detail::from_record<definition_dates>(
    record_kind::definition_dates, dates_layout.written, record);
}

} // namespace

void put_definition(
  write_batch& batch, loop_number loop, const std::string& fingerprint,
  const workflows::loop_definition& definition) {
  batch.put(
    column::meta, definition_key{loop, fingerprint}.encode(),
    encode(definition));
}

void put_definition_dates(
  write_batch& batch, loop_number loop, const std::string& fingerprint,
  const definition_dates& dates) {
  batch.put(
    column::meta, definition_dates_key{loop, fingerprint}.encode(),
    detail::to_record(record_kind::definition_dates, dates_layout, dates));
}

result<workflows::loop_definition> loop_journal::load_definition(
  loop_number loop, const std::string& fingerprint) const {
  const auto what = name_of(loop) + ": definition " + fingerprint;
  auto found = load(
    *store_, column::meta, definition_key{loop, fingerprint}.encode(),
    decode_definition, what);
  if (!found)
    return found.err();
  if (!*found)
    return error{errc::not_found, what + " is not in the store"};
  return std::move(**found);
}

result<std::optional<definition_dates>>
loop_journal::dates_of(loop_number loop, const std::string& fingerprint) const {
  return load(
    *store_, column::meta, definition_dates_key{loop, fingerprint}.encode(),
    decode_dates, name_of(loop) + ": dates of definition " + fingerprint);
}

result<std::vector<stored_definition>>
loop_journal::definitions(loop_number loop) const {
  std::vector<stored_definition> found;
  auto walked = walk(
    *store_, column::meta, definition_key::within(loop), false,
    [&](std::string_view key, std::string_view bytes) -> result<bool> {
      auto at = definition_key::decode(key);
      if (!at)
        return at.err();
      auto definition = decode_definition(bytes);
      if (!definition)
        return within(
          name_of(loop) + ": definition " + at->fingerprint, definition.err());
      found.push_back(
        {std::move(at->fingerprint), std::nullopt, std::move(*definition)});
      return true;
    });
  if (!walked)
    return walked.err();
  for (auto& each : found) {
    auto dates = dates_of(loop, each.fingerprint);
    if (!dates)
      return dates.err();
    each.dates = *dates;
  }
  const auto last = [](const stored_definition& each) {
    return each.dates ? each.dates->last : time_point{};
  };
  std::stable_sort(
    found.begin(), found.end(),
    [&](const auto& a, const auto& b) { return last(a) < last(b); });
  return found;
}

} // namespace ratchet::storage
