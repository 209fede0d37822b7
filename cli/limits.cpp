#include "cli/limits.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace ratchet::cli {

namespace {

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::uint32_t> slots_of(std::string_view text) {
  std::uint32_t out = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, out);
  if (failure != std::errc{} || rest != end || out < 1 || out > most_slots)
    return std::nullopt;
  return out;
}

error wrong(std::string_view part, const std::string& remedy) {
  return {
    errc::invalid_argument, "at \"" + std::string{part} + "\", " + remedy};
}

} // namespace

result<std::map<std::string, std::uint32_t>>
read_limits(std::string_view text) {
  std::map<std::string, std::uint32_t> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    const auto part = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto equals = part.find('=');
    const auto label = trim(part.substr(0, std::min(equals, part.size())));
    if (equals == std::string_view::npos || label.empty())
      return wrong(part, "give LABEL=N, such as gpu=1");
    const auto slots = slots_of(trim(part.substr(equals + 1)));
    if (!slots)
      return wrong(
        part, "give a number from 1 to " + std::to_string(most_slots));
    if (!out.emplace(label, *slots).second)
      return wrong(part, "give each label once");
  }
  return out;
}

} // namespace ratchet::cli
