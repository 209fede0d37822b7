#pragma once

#include "actors/hosted.hpp"
#include "actors/messages.hpp"
#include "analysis/metric_history.hpp"
#include "base/ids.hpp"
#include "storage/history.hpp"
#include "workflows/loop_state.hpp"

#include <map>
#include <string>

namespace ratchet::actors::detail {

/// Reads a bounded piece of the loop's history after `cursor` and joins it.
/// Blocks on the disk; any thread.
[[nodiscard]] followed
follow(const services& node, const hosted_loop& loop, sequence cursor);

/// The same of any loop, as `definition` says; without what is to be watched.
[[nodiscard]] followed join_piece(
  const storage::history& history, loop_number loop,
  const workflows::loop_definition& definition, sequence cursor,
  const storage::page_limits& limits);

/// What is watched for drops while the loop is in `state`.
[[nodiscard]] std::map<std::string, analysis::wanted_watch> watches_of(
  const workflows::loop_definition& definition,
  const workflows::loop_state& state);

/// How the loop's metrics are kept over time.
[[nodiscard]] analysis::history_plan
history_plan_of(const workflows::loop_definition& definition);

} // namespace ratchet::actors::detail
