#pragma once

#include "actors/hosted.hpp"
#include "actors/messages.hpp"
#include "analysis/metric_history.hpp"
#include "base/ids.hpp"

namespace ratchet::actors::detail {

/// Reads a bounded piece of the loop's history after `cursor` and joins it.
/// Blocks on the disk; any thread.
[[nodiscard]] followed
follow(const services& node, const hosted_loop& loop, sequence cursor);

/// How the loop's metrics are kept over time.
[[nodiscard]] analysis::history_plan
history_plan_of(const workflows::loop_definition& definition);

} // namespace ratchet::actors::detail
