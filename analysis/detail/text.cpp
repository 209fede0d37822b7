#include "analysis/detail/text.hpp"

#include <array>
#include <charconv>

namespace ratchet::analysis::detail {

std::string show(double x, int digits) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(
    text.data(), text.data() + text.size(), x, std::chars_format::general,
    digits);
  return {text.data(), end.ptr};
}

std::string show_exact(double x) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), x);
  return {text.data(), end.ptr};
}

std::string share_text(std::uint64_t part, std::uint64_t whole) {
  return whole == 0
    ? "0 %"
    : show(100 * static_cast<double>(part) / static_cast<double>(whole), 2) +
      " %";
}

} // namespace ratchet::analysis::detail
