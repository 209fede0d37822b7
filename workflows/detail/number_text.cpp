#include "workflows/detail/number_text.hpp"

#include <charconv>
#include <cstdio>

namespace ratchet::workflows {

std::string detail::number_text(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

std::string detail::rounded(double value) {
  char text[32];
  const auto size =
    std::snprintf(static_cast<char*>(text), sizeof text, "%.4g", value);
  return {static_cast<const char*>(text), static_cast<std::size_t>(size)};
}

} // namespace ratchet::workflows
