#pragma once

#include "actors/client.hpp"
#include "actors/hosted.hpp"
#include "base/result.hpp"
#include "storage/write_batch.hpp"

#include <optional>

/// Loops that the store has and nobody hosts. They have no supervisor, so what
/// an operator asks of them is decided here, by the root.

namespace ratchet::actors::detail {

/// What is to be made durable, and said after that.
struct orphan_change {
  storage::write_batch batch;
  operator_answer answer;
  std::optional<error> refusal;
};

/// Archives the loop, if it is not archived yet. Blocks on the disk for a
/// moment.
/// Errors: `not_found` for a loop that the store has never had; those of the
///   journal. A refusal that belongs into the audit log is in the change.
[[nodiscard]] result<orphan_change>
archive_orphan(const services& node, operator_request request);

} // namespace ratchet::actors::detail
