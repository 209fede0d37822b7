#include "analysis/slice_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

namespace ratchet::analysis {

namespace {

/// As short as it reads back, independent of the locale.
std::string show(double x) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), x).ptr;
  return {text.data(), end};
}

result<void> check_column(const slice_column& column, std::size_t rows) {
  if (column.codes.size() != rows)
    return error{
      errc::invalid_argument,
      "column " + column.name + " has " + std::to_string(column.codes.size()) +
        " rows, and there are " + std::to_string(rows) + " errors"};
  for (const auto code : column.codes)
    if (code >= column.values.size())
      return error{
        errc::invalid_argument,
        "column " + column.name + " has the code " + std::to_string(code) +
          ", and only " + std::to_string(column.values.size()) + " values"};
  return {};
}

} // namespace

result<void> check(const slice_table& table) {
  if (table.errors.empty())
    return error{errc::invalid_argument, "a table without rows has no slices"};
  if (table.error_unit == 0 || table.error_unit > 65'535)
    return error{
      errc::invalid_argument,
      "an error unit of " + std::to_string(table.error_unit) +
        " is not in [1, 65535]"};
  for (const auto e : table.errors)
    if (e > table.error_unit)
      return error{
        errc::invalid_argument,
        "an error of " + std::to_string(e) + " is above the unit of " +
          std::to_string(table.error_unit)};
  for (const auto& column : table.columns)
    if (auto ok = check_column(column, table.rows()); !ok)
      return ok;
  return {};
}

std::string to_string(const slice_table& table, const slice& s) {
  std::string text;
  for (const auto& [column, value] : s) {
    const auto& c = table.columns[column];
    text += (text.empty() ? "" : " and ") + c.name + " is " + c.values[value];
  }
  return text.empty() ? "everything" : text;
}

slice_column
text_column(std::string name, const std::vector<std::string>& rows) {
  std::map<std::string, std::uint32_t> codes;
  for (const auto& value : rows)
    codes.emplace(value, 0);
  slice_column column{.name = std::move(name)};
  for (auto& [value, code] : codes) {
    code = static_cast<std::uint32_t>(column.values.size());
    column.values.push_back(value);
  }
  column.codes.reserve(rows.size());
  for (const auto& value : rows)
    column.codes.push_back(codes.find(value)->second);
  return column;
}

std::vector<double>
bin_borders(std::span<const std::optional<double>> rows, std::size_t bins) {
  std::vector<double> numbers;
  for (const auto& x : rows)
    if (x)
      numbers.push_back(*x);
  std::sort(numbers.begin(), numbers.end());
  // The numbers at even ranks, each once.
  std::vector<double> borders;
  for (std::size_t i = 1; i < bins && !numbers.empty(); ++i) {
    const auto border = numbers[i * numbers.size() / bins];
    if (border > (borders.empty() ? numbers.front() : borders.back()))
      borders.push_back(border);
  }
  return borders;
}

slice_column number_column(
  std::string name, std::span<const std::optional<double>> rows,
  std::size_t bins) {
  const auto borders = bin_borders(rows, bins);
  slice_column column{.name = std::move(name)};
  for (std::size_t i = 0; i <= borders.size(); ++i) {
    const auto low = i == 0 ? "" : show(borders[i - 1]);
    const auto high = i == borders.size() ? "" : show(borders[i]);
    column.values.push_back(
      low.empty() && high.empty() ? "any number"
        : low.empty()             ? "below " + high
        : high.empty()            ? low + " or more"
                                  : low + " to below " + high);
  }
  if (std::count(rows.begin(), rows.end(), std::nullopt) > 0)
    column.values.emplace_back("missing");
  column.codes.reserve(rows.size());
  for (const auto& x : rows) {
    const auto bin = x
      ? std::upper_bound(borders.begin(), borders.end(), *x) - borders.begin()
      : static_cast<std::ptrdiff_t>(column.values.size()) - 1;
    column.codes.push_back(static_cast<std::uint32_t>(bin));
  }
  return column;
}

slice_table
select_rows(const slice_table& table, const std::vector<bool>& keep) {
  const auto kept = [&](const std::vector<std::uint32_t>& all) {
    std::vector<std::uint32_t> some;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (keep[i])
        some.push_back(all[i]);
    return some;
  };
  slice_table part{
    .errors = kept(table.errors), .error_unit = table.error_unit};
  part.columns.reserve(table.columns.size());
  for (const auto& column : table.columns)
    part.columns.push_back({column.name, column.values, kept(column.codes)});
  return part;
}

} // namespace ratchet::analysis
