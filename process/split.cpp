#include "process/split.hpp"

#include <optional>
#include <utility>

namespace ratchet::process {

namespace {

error refuse(std::string_view what, std::size_t offset) {
  return error{
    errc::invalid_argument,
    "command line: " + std::string{what} + " at byte " +
      std::to_string(offset + 1)};
}

/// Appends what stands between the quote at `at` and its partner; returns the
/// partner's place.
std::optional<std::size_t>
take_quoted(std::string_view line, std::size_t at, std::string& out) {
  const char quote = line[at];
  for (auto i = at + 1; i < line.size(); ++i) {
    if (line[i] == quote)
      return i;
    const bool escapes = quote == '"' && line[i] == '\\' &&
      i + 1 < line.size() && (line[i + 1] == '"' || line[i + 1] == '\\');
    out += line[escapes ? ++i : i];
  }
  return std::nullopt;
}

} // namespace

result<std::vector<std::string>> split_command_line(std::string_view line) {
  if (const auto at = line.find('\0'); at != std::string_view::npos)
    return refuse("NUL byte", at);
  std::vector<std::string> arguments;
  std::optional<std::string> current;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      if (current)
        arguments.push_back(std::move(*current));
      current.reset();
      continue;
    }
    if (!current)
      current.emplace();
    if (c == '\'' || c == '"') {
      const auto end = take_quoted(line, i, *current);
      if (!end)
        return refuse(
          std::string{"no end to the quote "} + c + " that begins", i);
      i = *end;
    } else if (c == '\\') {
      if (i + 1 == line.size())
        return refuse("nothing follows the backslash", i);
      *current += line[++i];
    } else {
      *current += c;
    }
  }
  if (current)
    arguments.push_back(std::move(*current));
  return arguments;
}

} // namespace ratchet::process
