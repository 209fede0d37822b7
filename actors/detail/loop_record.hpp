#pragma once

#include "actors/hosted.hpp"
#include "base/result.hpp"
#include "storage/experiment_store.hpp"
#include "storage/write_batch.hpp"
#include "workflows/loop_state.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ratchet::actors::detail {

/// What is recorded beside an event: of a version that is registered.
struct version_lineage {
  version_number parent;
  std::string dataset_digest;
  std::string who;
  std::string note;
  /// Of the end of an experiment that was decided.
  std::shared_ptr<const storage::experiment_record> decision{};
};

/// A loop's transition as one batch, with all that `events` mean on disk: the
/// journal, the state after them if its turn has come, the first event of an
/// iteration, a version, the alias. Applies them to `state` in place, because
/// it is large with many iterations in flight: whoever cannot commit the batch
/// must drop the state.
///
/// Errors: `conflict` if the champion's alias is not where the state says
///   (someone else moved it), `corruption` and `io_error` from the store. On
///   error `state` is unchanged.
[[nodiscard]] result<storage::write_batch> record_loop_events(
  const services& node, const hosted_loop& loop, workflows::loop_state& state,
  const std::vector<workflows::loop_event>& events,
  const version_lineage& lineage);

} // namespace ratchet::actors::detail
