#include "cli/table.hpp"

#include "base/assert.hpp"
#include "cli/text.hpp"

#include <algorithm>
#include <numeric>

namespace ratchet::cli {

namespace {

constexpr std::size_t gap = 2;

/// Takes cells from the widest of `shrinkable` until `total` fits `limit`.
void shrink(
  std::vector<std::size_t>& widths, const std::vector<std::size_t>& shrinkable,
  std::size_t least, std::size_t limit) {
  const auto total = [&] {
    return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) +
      gap * (widths.size() - 1);
  };
  while (total() > limit) {
    const auto widest = std::max_element(
      shrinkable.begin(), shrinkable.end(),
      [&](auto a, auto b) { return widths[a] < widths[b]; });
    if (widest == shrinkable.end() || widths[*widest] <= least)
      return;
    --widths[*widest];
  }
}

} // namespace

table::table(std::vector<column> columns) : columns_(std::move(columns)) {
  RATCHET_ASSERT(!columns_.empty());
}

void table::add(std::vector<cell> row) {
  RATCHET_ASSERT(row.size() == columns_.size());
  for (auto& c : row)
    c.text = printable(c.text);
  rows_.push_back(std::move(row));
}

std::vector<std::size_t> table::widths(std::size_t limit) const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    auto width = display_width(columns_[i].header);
    for (const auto& row : rows_)
      width = std::max(width, display_width(row[i].text));
    out.push_back(width);
  }
  if (limit == 0)
    return out;
  std::vector<std::size_t> flexible;
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    all.push_back(i);
    if (columns_[i].flexible)
      flexible.push_back(i);
  }
  shrink(out, flexible, 8, limit);
  shrink(out, all, 1, limit);
  return out;
}

std::string table::render(const palette& paint, std::size_t width) const {
  const auto sizes = widths(width);
  std::string out;
  const auto line = [&](auto&& text_of, auto&& style_of) {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const auto text = fit(text_of(i), sizes[i]);
      const auto blanks = sizes[i] - display_width(text);
      if (columns_[i].alignment == align::right)
        out.append(blanks, ' ');
      out += paint(style_of(i), text);
      if (i + 1 == sizes.size())
        break;
      if (columns_[i].alignment == align::left)
        out.append(blanks, ' ');
      out.append(gap, ' ');
    }
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  };
  line(
    [&](auto i) -> const std::string& { return columns_[i].header; },
    [](auto) { return style::dim; });
  for (const auto& row : rows_)
    line(
      [&](auto i) -> const std::string& { return row[i].text; },
      [&](auto i) { return row[i].look; });
  return out;
}

} // namespace ratchet::cli
