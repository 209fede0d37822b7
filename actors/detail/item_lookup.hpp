#pragma once

#include "actors/hosted.hpp"
#include "base/result.hpp"
#include "workflows/fan_out_options.hpp"
#include "workflows/stage.hpp"

#include <string>
#include <vector>

namespace ratchet::actors::detail {

/// The items of a stage that no journal of an iteration knows: slices,
/// versions, files. `made` is what the stage made that they come from. Blocks
/// on the disk. Errors: `invalid_argument` for a file that is missing or holds
/// no list;
///   those of the store.
[[nodiscard]] result<std::vector<std::string>> look_up_items(
  const services& node, const hosted_loop& loop,
  const workflows::fan_out_options& options,
  const std::vector<workflows::artifact_ref>& made);

} // namespace ratchet::actors::detail
