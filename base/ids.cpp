#include "base/ids.hpp"

#include <charconv>

namespace ratchet {

std::string make_attempt_id(
  const std::string& loop, iteration_number iteration, const std::string& stage,
  std::uint32_t attempt) {
  return loop + "." + std::to_string(iteration.value) + "." + stage + "." +
    std::to_string(attempt);
}

namespace {

template <class Number>
bool read_number(std::string_view text, Number& value) {
  const auto* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, value);
  return failure == std::errc{} && rest == end && value != 0;
}

} // namespace

std::optional<attempt_name> read_attempt_id(std::string_view id) {
  const auto first = id.find('.');
  const auto last = id.rfind('.');
  const auto second =
    first == std::string_view::npos ? first : id.find('.', first + 1);
  if (second == std::string_view::npos || second >= last)
    return std::nullopt;
  attempt_name out;
  out.loop = id.substr(0, first);
  out.stage = id.substr(second + 1, last - second - 1);
  if (
    out.loop.empty() || out.stage.empty() ||
    !read_number(
      id.substr(first + 1, second - first - 1), out.iteration.value) ||
    !read_number(id.substr(last + 1), out.attempt))
    return std::nullopt;
  return out;
}

} // namespace ratchet
