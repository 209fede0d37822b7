#include "storage/audit_log.hpp"

#include "storage/detail/byte_archive.hpp"
#include "storage/detail/workflow_fields.hpp"
#include "storage/keys.hpp"
#include "storage/record.hpp"

#include <optional>
#include <utility>

namespace ratchet::storage {

namespace {

constexpr record_version audit_layout{1, 1};

} // namespace

std::string encode(const workflows::audit_entry& entry) {
  return detail::to_record(record_kind::audit_entry, audit_layout, entry);
}

result<workflows::audit_entry> decode_audit_entry(std::string_view record) {
  return detail::from_record<workflows::audit_entry>(
    record_kind::audit_entry, audit_layout.written, record);
}

void put_audit(
  write_batch& batch, loop_number loop, const workflows::audit_entry& entry) {
  batch.put(
    column::control,
    audit_key{loop, entry.stamp.at, entry.stamp.index}.encode(), encode(entry));
}

result<workflows::audit_stamp>
last_audit_stamp(const store& from, loop_number loop) {
  workflows::audit_stamp last;
  auto scanned =
    scan_audit(from, loop, {}, [&last](const workflows::audit_entry& entry) {
      last = entry.stamp;
      return false;
    });
  if (!scanned)
    return scanned.err();
  return last;
}

result<void> scan_audit(
  const store& from, loop_number loop, workflows::audit_stamp before,
  const std::function<bool(workflows::audit_entry)>& take) {
  auto range = audit_key::within(loop);
  if (before.at != time_point{})
    range.to = audit_key{loop, before.at, before.index}.encode();
  std::optional<error> failure;
  auto scanned = from.scan_reverse(
    column::control, range, [&](std::string_view, std::string_view bytes) {
      auto entry = decode_audit_entry(bytes);
      if (!entry) {
        failure = error{
          entry.err().code,
          "loop number " + std::to_string(loop.value) +
            ": audit log: " + entry.err().message};
        return false;
      }
      return take(std::move(*entry));
    });
  if (failure)
    return *failure;
  return scanned;
}

} // namespace ratchet::storage
