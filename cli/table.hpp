#pragma once

#include "cli/terminal.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ratchet::cli {

enum class align : std::uint8_t { left, right };

struct column {
  std::string header; ///< Upper case by convention.
  align alignment = align::left;
  /// Gives way first when the table is too wide.
  bool flexible = false;
};

struct cell {
  std::string text;
  style look = style::plain;

  cell(std::string t, style s = style::plain) : text(std::move(t)), look(s) {}
  cell(const char* t) : text(t) {}
};

/// Rows under headers, without borders, two blanks between columns. Text is
/// made printable, so cells may hold what others sent.
class table {
public:
  explicit table(std::vector<column> columns);

  /// One cell per column.
  void add(std::vector<cell> row);
  [[nodiscard]] std::size_t rows() const { return rows_.size(); }

  /// Each line ends with a newline. With `width` > 0 no line is wider: first
  /// the flexible columns shrink, the widest of them first, to no less than 8
  /// cells, then all of them.
  [[nodiscard]] std::string
  render(const palette& paint, std::size_t width) const;

private:
  [[nodiscard]] std::vector<std::size_t> widths(std::size_t limit) const;

  std::vector<column> columns_;
  std::vector<std::vector<cell>> rows_;
};

} // namespace ratchet::cli
