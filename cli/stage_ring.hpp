#pragma once

#include "cli/terminal.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ratchet::cli {

enum class ring_mark : std::uint8_t {
  waiting,
  current,
  backing_off,
  done,
  refused,
  failed,
  canceled,
  skipped,
  paused,
};

struct ring_node {
  std::string label;
  std::string detail; ///< Under the label; may be empty.
  ring_mark mark = ring_mark::waiting;
};

struct glyph {
  std::string_view text; ///< One cell.
  style look;
};
[[nodiscard]] glyph glyph_of(ring_mark mark);

/// The turn of a loop, clockwise from its first node: five lines.
///
///   ╭─▶ ✓ feedback ──▶ ✓ dataset ────────▶ ● train ────╮
///   │     300 of 300     2.1s                43%       │
///   │                   iteration 7                    │
///   ╰── ○ promote ◀───── ○ no regression ◀ ○ evaluate ─╯
///
/// Shape:  at least one node; no line is wider than `width` cells. Labels are
///         cut to fit; with too many nodes for that it is one line of marks
///         with the current nodes' names.
[[nodiscard]] std::vector<std::string> draw_ring(
  const std::vector<ring_node>& nodes, std::string_view center,
  std::size_t width, const palette& paint);

} // namespace ratchet::cli
