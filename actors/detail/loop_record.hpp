#pragma once

#include "actors/hosted.hpp"
#include "base/result.hpp"
#include "storage/write_batch.hpp"
#include "workflows/loop_state.hpp"

#include <vector>

namespace ratchet::actors::detail {

/// What registering a version needs beyond its event.
struct version_lineage {
  version_number parent;
  std::string dataset_digest;
  std::string who;
  std::string note;
};

/// A loop's transition as one batch, and the state after it.
struct loop_record {
  storage::write_batch batch;
  workflows::loop_state after;
};

/// Puts into one batch all that `events` mean on disk: the journal, the state
/// after them, the first event of an iteration, a version, the alias.
///
/// Errors: `conflict` if the champion's alias is not where the state says
///   (someone else moved it), `corruption` and `io_error` from the store.
[[nodiscard]] result<loop_record> record_loop_events(
  const services& node, const hosted_loop& loop,
  const workflows::loop_state& before,
  const std::vector<workflows::loop_event>& events,
  const version_lineage& lineage);

} // namespace ratchet::actors::detail
