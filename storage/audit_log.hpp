#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "storage/store.hpp"
#include "storage/write_batch.hpp"
#include "workflows/audit.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// The audit logs of the loops on disk. An entry that was accepted is in one
/// batch with what it changed; the others are a batch of their own, before the
/// answer. Keys and records: docs/formats/control.md.

namespace ratchet::storage {

[[nodiscard]] std::string encode(const workflows::audit_entry& entry);
[[nodiscard]] result<workflows::audit_entry>
decode_audit_entry(std::string_view record);

void put_audit(
  write_batch& batch, loop_number loop, const workflows::audit_entry& entry);

/// The stamp of the loop's last entry; a fresh one if there is none.
/// Errors: `corruption`, `io_error`.
[[nodiscard]] result<workflows::audit_stamp>
last_audit_stamp(const store& from, loop_number loop);

/// Calls `take` with the loop's entries, the newest first, from the one before
/// `before` (an `at` of the epoch: from the last one) until it says false.
/// Errors: `corruption`, `io_error`.
[[nodiscard]] result<void> scan_audit(
  const store& from, loop_number loop, workflows::audit_stamp before,
  const std::function<bool(workflows::audit_entry)>& take);

} // namespace ratchet::storage
