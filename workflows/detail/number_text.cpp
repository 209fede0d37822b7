#include "workflows/detail/number_text.hpp"

#include <charconv>

namespace ratchet::workflows {

std::string detail::number_text(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

} // namespace ratchet::workflows
