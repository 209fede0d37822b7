#include "cli/stage_ring.hpp"

#include "base/assert.hpp"
#include "cli/text.hpp"

#include <algorithm>
#include <numeric>

namespace ratchet::cli {

namespace {

/// Cells of a line besides the columns': "╭─▶ " before the first, "▶ "
/// between two, the corner after the last.
constexpr std::size_t prefix_cells = 4;
constexpr std::size_t gap_cells = 4;
constexpr std::size_t least_column = 8;
constexpr std::size_t widest_column = 22;

std::size_t columns_of(std::size_t nodes) {
  return (nodes + 1) / 2;
}

/// Column of node `i` when the second half runs backwards below the first.
std::size_t column_of(std::size_t i, std::size_t columns) {
  return i < columns ? i : 2 * columns - 1 - i;
}

std::size_t total_cells(const std::vector<std::size_t>& widths) {
  return prefix_cells + gap_cells * widths.size() - 1 +
    std::accumulate(widths.begin(), widths.end(), std::size_t{0});
}

/// Columns as wide as their labels, and equally wide where there is room:
/// details change all the time, and the ring must not move with them.
std::vector<std::size_t>
column_widths(const std::vector<ring_node>& nodes, std::size_t limit) {
  const auto columns = columns_of(nodes.size());
  const auto fixed = total_cells(std::vector<std::size_t>(columns, 0));
  const auto share =
    std::clamp((limit - fixed) / columns, least_column, widest_column);
  std::vector<std::size_t> widths(columns, share);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    auto& width = widths[column_of(i, columns)];
    width = std::max(width, display_width(nodes[i].label) + 2);
  }
  while (total_cells(widths) > limit) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= least_column)
      break;
    --*widest;
  }
  return widths;
}

struct ring {
  const std::vector<ring_node>& nodes;
  std::vector<std::size_t> widths;
  const palette& paint;

  [[nodiscard]] std::string line(std::string_view text) const {
    return paint(style::dim, text);
  }

  /// Mark and label, and the cells they take.
  [[nodiscard]] std::pair<std::string, std::size_t>
  node_text(std::size_t i, std::size_t width) const {
    const auto& node = nodes[i];
    const auto [mark, look] = glyph_of(node.mark);
    const auto label = fit(node.label, width - 2);
    const auto bright =
      node.mark == ring_mark::current || node.mark == ring_mark::backing_off;
    return {
      paint(look, mark) + " " +
        paint(
          bright                              ? style::bold
            : node.mark == ring_mark::waiting ? style::dim
                                              : style::plain,
          label),
      2 + display_width(label)};
  }

  [[nodiscard]] std::string top() const {
    auto out = line("╭─▶ ");
    for (std::size_t c = 0; c < widths.size(); ++c) {
      const auto [text, cells] = node_text(c, widths[c]);
      out += text + " " +
        line(repeat("─", widths[c] - cells + 1) +
             (c + 1 < widths.size() ? "▶ " : "╮"));
    }
    return out;
  }

  [[nodiscard]] std::string bottom() const {
    const auto columns = widths.size();
    const auto empty = 2 * columns - nodes.size();
    if (empty == columns)
      return line("╰" + repeat("─", total_cells(widths) - 2) + "╯");
    // The line that leads home is one piece up to the first node.
    std::string lead = "╰──";
    for (std::size_t c = 0; c < empty; ++c)
      lead += repeat("─", widths[c] + gap_cells);
    auto out = line(lead + " ");
    for (auto c = empty; c < columns; ++c) {
      const auto [text, cells] = node_text(2 * columns - 1 - c, widths[c]);
      const auto rest = widths[c] - cells;
      out += text +
        line(" ◀" +
             (c + 1 < columns ? repeat("─", rest + 1) + " "
                              : repeat("─", rest) + "╯"));
    }
    return out;
  }

  /// What the nodes of one row say below their labels, between `left` and
  /// `right`; `node_in` gives the node of a column or the number of nodes.
  template <class NodeIn>
  [[nodiscard]] std::string
  details(std::string_view left, std::string_view right, NodeIn node_in) const {
    auto out = (left == " " ? std::string{left} : line(left)) + "   ";
    for (std::size_t c = 0; c < widths.size(); ++c) {
      const auto i = node_in(c);
      const auto room = widths[c] + (c + 1 < widths.size() ? gap_cells : 2);
      const auto text =
        i < nodes.size() ? fit(nodes[i].detail, widths[c] - 2) : std::string{};
      out += "  " + paint(style::dim, text) +
        std::string(room - 2 - display_width(text), ' ');
    }
    out += line(right);
    return out;
  }

  [[nodiscard]] std::string middle(std::string_view center) const {
    const auto inside = total_cells(widths) - 2;
    const auto text = fit(center, inside);
    const auto left = (inside - display_width(text)) / 2;
    return line("│") + std::string(left, ' ') + std::string{text} +
      std::string(inside - left - display_width(text), ' ') + line("│");
  }
};

std::string row_of_marks(
  const std::vector<ring_node>& nodes, std::size_t width,
  const palette& paint) {
  const auto shown = std::min(nodes.size(), width / 2);
  std::string marks;
  std::string names;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto& node = nodes[i];
    const auto [mark, look] = glyph_of(node.mark);
    if (i < shown)
      marks += paint(look, mark);
    if (node.mark == ring_mark::current || node.mark == ring_mark::backing_off)
      names += (names.empty() ? "" : ", ") + node.label;
  }
  return marks + "  " + fit(names, width - shown - 2);
}

} // namespace

glyph glyph_of(ring_mark mark) {
  switch (mark) {
  case ring_mark::waiting:
    return {"○", style::dim};
  case ring_mark::current:
    return {"●", style::cyan};
  case ring_mark::backing_off:
    return {"↻", style::yellow};
  case ring_mark::done:
    return {"✓", style::green};
  case ring_mark::refused:
    return {"⊘", style::yellow};
  case ring_mark::failed:
    return {"✗", style::red};
  case ring_mark::canceled:
    return {"–", style::dim};
  case ring_mark::skipped:
    return {"»", style::dim};
  case ring_mark::paused:
    return {"‖", style::yellow};
  }
  return {"?", style::red};
}

std::vector<std::string> draw_ring(
  const std::vector<ring_node>& nodes, std::string_view center,
  std::size_t width, const palette& paint) {
  RATCHET_ASSERT(!nodes.empty());
  const auto columns = columns_of(nodes.size());
  if (total_cells(std::vector<std::size_t>(columns, least_column)) > width)
    return {row_of_marks(nodes, width, paint)};
  const ring r{nodes, column_widths(nodes, width), paint};
  auto below = r.details(" ", "", [&](std::size_t c) {
    return c < 2 * columns - nodes.size() ? nodes.size() : 2 * columns - 1 - c;
  });
  below.erase(below.find_last_not_of(' ') + 1);
  return {
    r.top(), r.details("│", "│", [](std::size_t c) { return c; }),
    r.middle(center), r.bottom(), below};
}

} // namespace ratchet::cli
