#include "formats/values.hpp"

#include "formats/json.hpp"

#include <fstream>
#include <iterator>
#include <system_error>

namespace ratchet::formats {

namespace {

error wrong(const std::string& what) {
  return {errc::invalid_argument, "values.json: " + what};
}

/// Behind the checks of its size, so that the message stays short.
std::string quoted(const std::string& name) {
  return to_text(json(name));
}

result<std::string> text_of(const std::string& name, const json& value) {
  if (name.empty() || name.size() > longest_value)
    return wrong(
      "a name has " + std::to_string(name.size()) + " bytes; use 1 to " +
      std::to_string(longest_value));
  if (value.is_structured() || value.is_null())
    return wrong(
      quoted(name) + " is neither text, number nor boolean; write one of them");
  auto text = value.is_string() ? value.get<std::string>() : to_text(value);
  if (text.size() > longest_value)
    return wrong(
      quoted(name) + " has " + std::to_string(text.size()) +
      " bytes; write long texts to a file of their own");
  return text;
}

} // namespace

result<std::map<std::string, std::string>>
read_values_file(const std::filesystem::path& path) {
  std::map<std::string, std::string> out;
  std::error_code code;
  const auto size = std::filesystem::file_size(path, code);
  if (code == std::errc::no_such_file_or_directory)
    return out;
  if (code)
    return error{errc::io_error, path.string() + ": " + code.message()};
  if (size > largest_values_file)
    return wrong(
      "has " + std::to_string(size) + " bytes; use at most " +
      std::to_string(largest_values_file));
  std::ifstream file{path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (!file)
    return error{errc::io_error, path.string() + ": cannot be read"};
  const auto parsed = parse_json(text, "values.json");
  if (!parsed)
    return parsed.err();
  if (!parsed->is_object())
    return wrong("is no object; write {\"name\": value, ...}");
  if (parsed->size() > most_values)
    return wrong(
      "has " + std::to_string(parsed->size()) + " members; use at most " +
      std::to_string(most_values));
  for (const auto& [name, value] : parsed->items()) {
    auto recorded = text_of(name, value);
    if (!recorded)
      return recorded.err();
    out.emplace(name, std::move(*recorded));
  }
  return out;
}

} // namespace ratchet::formats
