#pragma once

#include "api/context.hpp"
#include "api/message.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "storage/registry.hpp"
#include "workflows/definition.hpp"
#include "workflows/iteration.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ratchet::api {

/// An iteration that the path names, with the definition it runs under.
struct loaded_iteration {
  std::string loop;
  loop_number number;
  workflows::loop_definition plan;
  std::vector<workflows::iteration_event> events;
  workflows::iteration state;
  /// Its version was champion, and was taken back.
  std::optional<storage::rollback_record> rolled_back;
};

/// Blocks on the disk. An iteration counts as ended only once its loop has
/// taken notice: whoever waited for the end may start the next one, which the
/// loop would refuse before.
///
/// Errors: `not_found`, `invalid_argument` for what the path names; those of
///   the journal.
[[nodiscard]] result<loaded_iteration>
load_iteration(const api_context& context, const request& request);

} // namespace ratchet::api
