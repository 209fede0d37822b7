#include "cli/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace ratchet::cli {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

struct code_point {
  char32_t value = 0;
  std::size_t size = 0; ///< 0: malformed.
};

code_point decode(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto continues = [&](std::size_t i) { return (byte(i) >> 6U) == 2U; };
  const auto lead = byte(0);
  if (lead < 0x80)
    return {lead, 1};
  if (lead >= 0xC2 && lead < 0xE0 && continues(1))
    return {((lead & 0x1FU) << 6U) | (byte(1) & 0x3FU), 2};
  if (lead >= 0xE0 && lead < 0xF0 && continues(1) && continues(2)) {
    const char32_t value =
      ((lead & 0x0FU) << 12U) | ((byte(1) & 0x3FU) << 6U) | (byte(2) & 0x3FU);
    if (value >= 0x800 && (value < 0xD800 || value > 0xDFFF))
      return {value, 3};
  }
  if (
    lead >= 0xF0 && lead < 0xF5 && continues(1) && continues(2) &&
    continues(3)) {
    const char32_t value = ((lead & 0x07U) << 18U) |
      ((byte(1) & 0x3FU) << 12U) | ((byte(2) & 0x3FU) << 6U) |
      (byte(3) & 0x3FU);
    if (value >= 0x10000 && value <= 0x10FFFF)
      return {value, 4};
  }
  return {};
}

bool is_control(char32_t c) {
  // U+202A to U+202E and U+2066 to U+2069 turn the direction of what follows.
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) ||
    (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029;
}

/// Coarse, after Unicode's EastAsianWidth and general category Mn: enough for
/// a table to stay aligned.
std::size_t cells(char32_t c) {
  const auto in = [c](char32_t from, char32_t to) {
    return c >= from && c <= to;
  };
  if (
    in(0x0300, 0x036F) || in(0x200B, 0x200D) || in(0x20D0, 0x20FF) ||
    in(0xFE00, 0xFE0F))
    return 0;
  if (
    in(0x1100, 0x115F) || in(0x2E80, 0xA4CF) || in(0xAC00, 0xD7A3) ||
    in(0xF900, 0xFAFF) || in(0xFE30, 0xFE6F) || in(0xFF00, 0xFF60) ||
    in(0xFFE0, 0xFFE6) || in(0x1F300, 0x1FAFF) || in(0x20000, 0x3FFFD))
    return 2;
  return 1;
}

template <class... Args>
std::string formatted(const char* format, Args... args) {
  std::array<char, 64> text{};
  const auto size = std::snprintf(text.data(), text.size(), format, args...);
  return {text.data(), static_cast<std::size_t>(size)};
}

} // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [c, size] = decode(text);
    if (size == 0)
      out += replacement;
    else if (is_control(c))
      out += ' ';
    else
      out += text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto [c, size] = decode(text);
    width += size == 0 ? 1 : cells(c);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return width;
}

std::string fit(std::string_view text, std::size_t width) {
  if (display_width(text) <= width)
    return std::string{text};
  if (width == 0)
    return {};
  std::size_t used = 0;
  std::size_t taken = 0;
  while (taken < text.size()) {
    const auto [c, size] = decode(text.substr(taken));
    const auto w = size == 0 ? 1 : cells(c);
    if (used + w > width - 1)
      break;
    used += w;
    taken += std::max<std::size_t>(size, 1);
  }
  return std::string{text.substr(0, taken)} + "…";
}

std::string repeat(std::string_view piece, std::size_t count) {
  std::string out;
  out.reserve(piece.size() * count);
  for (std::size_t i = 0; i < count; ++i)
    out += piece;
  return out;
}

std::string pad_right(std::string_view text, std::size_t width) {
  const auto w = display_width(text);
  return std::string{text} + std::string(width > w ? width - w : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t width) {
  const auto w = display_width(text);
  return std::string(width > w ? width - w : 0, ' ') + std::string{text};
}

std::string with_commas(std::uint64_t n) {
  auto digits = std::to_string(n);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0;
       at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string decimal(double value, int decimals) {
  auto text = formatted("%.*f", decimals, value);
  if (text.find('.') == std::string::npos)
    return text;
  while (text.back() == '0' && text[text.size() - 2] != '.')
    text.pop_back();
  return text;
}

std::string short_duration(duration d) {
  const auto ms = std::max<std::int64_t>(d.count(), 0);
  if (ms < 1000)
    return formatted("%dms", static_cast<int>(ms));
  const auto s = ms / 1000;
  const auto m = s / 60;
  const auto h = m / 60;
  if (s < 10)
    return formatted("%.1fs", static_cast<double>(ms) / 1000.0);
  if (s < 60)
    return formatted("%ds", static_cast<int>(s));
  if (m < 60)
    return formatted("%dm%02ds", static_cast<int>(m), static_cast<int>(s % 60));
  if (h < 24)
    return formatted("%dh%02dm", static_cast<int>(h), static_cast<int>(m % 60));
  return formatted(
    "%lldd%02dh", static_cast<long long>(h / 24), static_cast<int>(h % 24));
}

std::string relative_time(time_point t, time_point now) {
  using namespace std::chrono_literals;
  if (t == time_point{})
    return "never";
  const auto apart = now - t;
  // Clocks of two machines differ by a little: no "in 0.2s" for the past.
  if (apart > -1s && apart < 1s)
    return "now";
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(
    apart < 0s ? -apart : apart);
  const auto text = whole < 10s
    ? formatted("%ds", static_cast<int>(whole.count()))
    : short_duration(whole);
  return apart < 0s ? "in " + text : text + " ago";
}

std::string byte_size(std::uint64_t bytes) {
  if (bytes < 1024)
    return formatted("%d B", static_cast<int>(bytes));
  constexpr std::array units{"KiB", "MiB", "GiB", "TiB", "PiB"};
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  return formatted("%.1f %s", value, units[unit]);
}

std::string bar(double done, std::size_t width) {
  constexpr std::array<std::string_view, 8> eighths{"",  "▏", "▎", "▍",
                                                    "▌", "▋", "▊", "▉"};
  const auto share = std::clamp(std::isfinite(done) ? done : 0.0, 0.0, 1.0);
  const auto filled = static_cast<std::size_t>(
    std::lround(share * static_cast<double>(width) * 8));
  auto out = repeat("█", filled / 8);
  out += eighths[filled % 8];
  const auto used = filled / 8 + (filled % 8 == 0 ? 0 : 1);
  return out + repeat("░", width - used);
}

} // namespace ratchet::cli
