#include "storage/registry.hpp"

#include "storage/detail/byte_archive.hpp"
#include "storage/detail/workflow_fields.hpp"
#include "storage/keys.hpp"
#include "storage/record.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace ratchet::storage {

// Layouts. The order of the fields is the format. Found by lookup in the
// structs' own namespace.

template <class Archive>
void serialize(Archive& archive, version_record& x) {
  archive(
    x.number, x.loop, x.source, x.iteration, x.artifact, x.created, x.parent,
    x.dataset_digest, x.note, x.who);
}
template <class Archive>
void serialize(Archive& archive, alias_record& x) {
  archive(x.name, x.version, x.previous, x.moved_at, x.who, x.reason);
}

template <class Archive>
void serialize(Archive& archive, rollback_record& x) {
  archive(x.version, x.to, x.at, x.who, x.reason, x.event);
}

namespace {

constexpr record_version rollback_layout{1, 1};
constexpr record_version version_layout{1, 1};
constexpr record_version alias_layout{1, 1};

std::string name_of(loop_number loop, version_number version) {
  return "loop number " + std::to_string(loop.value) + ": version " +
    std::to_string(version.value);
}

std::string name_of(loop_number loop, const std::string& alias) {
  return "loop number " + std::to_string(loop.value) + ": alias \"" + alias +
    "\"";
}

error within(const std::string& where, const error& e) {
  return {e.code, where + ": " + e.message};
}

/// What a reader will see under `key` once `batch` is committed.
result<std::optional<std::string>> get_through(
  const write_batch& batch, const store& beneath, const std::string& key) {
  const auto& ops = batch.ops();
  const auto last =
    std::find_if(ops.rbegin(), ops.rend(), [&](const write_batch::op& op) {
      return op.kind == write_batch::op_kind::put &&
        op.where == column::registry && op.key == key;
    });
  if (last != ops.rend())
    return std::optional<std::string>{last->value};
  return beneath.get(column::registry, key);
}

template <class T>
result<std::optional<T>> decode(
  const result<std::optional<std::string>>& bytes, record_kind kind,
  record_version layout, const std::string& what) {
  if (!bytes)
    return within(what, bytes.err());
  if (!*bytes)
    return std::optional<T>{};
  auto value = detail::from_record<T>(kind, layout.written, **bytes);
  if (!value)
    return within(what, value.err());
  return std::optional<T>{std::move(*value)};
}

result<std::optional<version_record>> find_version(
  const write_batch& batch, const store& from, loop_number loop,
  version_number number) {
  return decode<version_record>(
    get_through(batch, from, version_key{loop, number}.encode()),
    record_kind::version, version_layout, name_of(loop, number));
}

result<std::optional<alias_record>> find_alias(
  const write_batch& batch, const store& from, loop_number loop,
  const std::string& name) {
  return decode<alias_record>(
    get_through(batch, from, alias_key{loop, name}.encode()),
    record_kind::alias, alias_layout, name_of(loop, name));
}

std::string describe(version_number version) {
  return version.value == 0 ? "none" : std::to_string(version.value);
}

} // namespace

result<void> registry::add_version(
  write_batch& batch, loop_number loop, const version_record& version) const {
  if (version.number.value == 0)
    return error{
      errc::invalid_argument,
      name_of(loop, version.number) + " cannot be registered; 0 means none"};
  const auto there = find_version(batch, *store_, loop, version.number);
  if (!there)
    return there.err();
  if (*there) {
    if (**there == version)
      return {};
    return error{
      errc::already_exists,
      name_of(loop, version.number) + " is registered already, by " +
        (*there)->source};
  }
  batch.put(
    column::registry, version_key{loop, version.number}.encode(),
    detail::to_record(record_kind::version, version_layout, version));
  return {};
}

result<void> registry::move_alias(
  write_batch& batch, loop_number loop, const alias_move& move) const {
  const auto now = find_alias(batch, *store_, loop, move.alias);
  if (!now)
    return now.err();
  const auto current = *now ? (*now)->version : version_number{};
  if (current != move.expected)
    return error{
      errc::conflict,
      name_of(loop, move.alias) + " names " + describe(current) +
        ", expected " + describe(move.expected)};
  const auto target = find_version(batch, *store_, loop, move.to);
  if (!target)
    return target.err();
  if (!*target)
    return error{
      errc::not_found, name_of(loop, move.to) + " is not registered"};
  const alias_record moved{move.alias, move.to,  current,
                           move.at,    move.who, move.reason};
  batch.put(
    column::registry, alias_key{loop, move.alias}.encode(),
    detail::to_record(record_kind::alias, alias_layout, moved));
  return {};
}

void registry::add_rollback(
  write_batch& batch, loop_number loop, const rollback_record& what) const {
  batch.put(
    column::registry, rollback_key{loop, what.version}.encode(),
    detail::to_record(record_kind::rollback, rollback_layout, what));
}

result<std::optional<rollback_record>>
registry::rollback_of(loop_number loop, version_number number) const {
  return decode<rollback_record>(
    store_->get(column::registry, rollback_key{loop, number}.encode()),
    record_kind::rollback, rollback_layout, name_of(loop, number));
}

result<version_record>
registry::version(loop_number loop, version_number number) const {
  auto found = find_version({}, *store_, loop, number);
  if (!found)
    return found.err();
  if (!*found)
    return error{errc::not_found, name_of(loop, number) + " is not registered"};
  return std::move(**found);
}

result<std::vector<version_record>> registry::versions(
  loop_number loop, version_number before, std::size_t limit) const {
  std::vector<version_record> found;
  if (limit == 0)
    return found;
  auto range = version_key::within(loop);
  if (before.value != 0)
    range.to = version_key{loop, before}.encode();
  result<void> outcome;
  auto walked = store_->scan_reverse(
    column::registry, range, [&](std::string_view, std::string_view bytes) {
      auto version = detail::from_record<version_record>(
        record_kind::version, version_layout.written, bytes);
      if (!version) {
        outcome =
          within("loop number " + std::to_string(loop.value), version.err());
        return false;
      }
      found.push_back(std::move(*version));
      return found.size() < limit;
    });
  if (!walked)
    return walked.err();
  if (!outcome)
    return outcome.err();
  return found;
}

result<alias_record>
registry::alias(loop_number loop, const std::string& name) const {
  auto found = find_alias({}, *store_, loop, name);
  if (!found)
    return found.err();
  if (!*found)
    return error{errc::not_found, name_of(loop, name) + " does not exist"};
  return std::move(**found);
}

result<std::vector<alias_record>> registry::aliases(loop_number loop) const {
  std::vector<alias_record> found;
  result<void> outcome;
  auto walked = store_->scan(
    column::registry, alias_key::within(loop),
    [&](std::string_view, std::string_view bytes) {
      auto alias = detail::from_record<alias_record>(
        record_kind::alias, alias_layout.written, bytes);
      if (!alias) {
        outcome =
          within("loop number " + std::to_string(loop.value), alias.err());
        return false;
      }
      found.push_back(std::move(*alias));
      return true;
    });
  if (!walked)
    return walked.err();
  if (!outcome)
    return outcome.err();
  return found;
}

} // namespace ratchet::storage
