#pragma once

#include "base/clock.hpp"
#include "cli/loop_view.hpp"
#include "cli/stage_ring.hpp"
#include "cli/terminal.hpp"

#include <optional>
#include <string>

/// The live view of one loop as text. Pure: the same facts give the same
/// frame, so that a test reads like a screenshot.

namespace ratchet::cli {

/// What is known besides the engine's last answer.
struct screen_facts {
  time_point now;
  std::string url;
  /// Events stored per second, lately.
  std::optional<double> event_rate;
  /// Since when the engine does not answer; epoch: it does.
  time_point unreachable_since;
};

/// A frame of at most `size.rows` lines, none wider than `size.columns - 1`,
/// without a newline at its end. Below 40 columns or 12 rows it is cut.
[[nodiscard]] std::string draw_loop(
  const loop_view& loop, const screen_facts& facts, screen_size size,
  const palette& paint);

/// "12,345 events, 3.4 MiB", or "300 of 12,345 events kept, 1.2 MiB".
[[nodiscard]] std::string stored_text(const loop_view& loop);

/// "waits for an approval; in 23h59m it counts as rejected", of a stage that
/// waits.
[[nodiscard]] std::string wait_text(const stage_view& stage, time_point now);

/// How stages and outcomes look, here and in tables.
[[nodiscard]] ring_mark mark_of(workflows::stage_status status);
[[nodiscard]] style style_of(workflows::iteration_outcome outcome);

} // namespace ratchet::cli
