#include "formats/failure.hpp"

#include "formats/json.hpp"
#include "workflows/stage.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

namespace ratchet::formats {

namespace {

error wrong(const std::string& what) {
  return {errc::invalid_argument, "error.json: " + what};
}

/// Not in the middle of a character.
void cut(std::string& text) {
  if (text.size() <= longest_failure_message)
    return;
  auto end = longest_failure_message;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  text.resize(end);
}

result<duration> wait_of(const json& value) {
  const auto most =
    std::chrono::duration<double>(workflows::longest_retry_after).count();
  if (!value.is_number())
    return wrong("\"retry_after\" is no number of seconds");
  const auto seconds = value.get<double>();
  if (!(seconds >= 0 && seconds <= most))
    return wrong(
      "\"retry_after\" is not from 0 to " +
      format_duration(workflows::longest_retry_after));
  return duration{static_cast<duration::rep>(seconds * 1000)};
}

result<declared_failure> failure_of(const json& from) {
  if (!from.is_object())
    return wrong(R"(is no object; write {"code": "bad_data", ...})");
  declared_failure out;
  const auto code = from.find("code");
  if (code == from.end() || !code->is_string())
    return wrong("\"code\" is no text; give it a name, such as bad_data");
  out.name = code->get<std::string>();
  if (auto why = workflows::check_failure_name(out.name); !why.empty())
    return wrong("\"code\": " + why);
  if (const auto message = from.find("message"); message != from.end()) {
    if (!message->is_string())
      return wrong("\"message\" is no text");
    out.message = message->get<std::string>();
    cut(out.message);
  }
  if (const auto wait = from.find("retry_after"); wait != from.end()) {
    const auto parsed = wait_of(*wait);
    if (!parsed)
      return parsed.err();
    out.retry_after = *parsed;
  }
  return out;
}

} // namespace

result<std::optional<declared_failure>>
read_failure_file(const std::filesystem::path& path) {
  std::error_code code;
  const auto size = std::filesystem::file_size(path, code);
  if (code == std::errc::no_such_file_or_directory)
    return std::optional<declared_failure>{};
  if (code)
    return error{errc::io_error, path.string() + ": " + code.message()};
  if (size > largest_failure_file)
    return wrong(
      "has " + std::to_string(size) + " bytes; use at most " +
      std::to_string(largest_failure_file));
  std::ifstream file{path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (!file)
    return error{errc::io_error, path.string() + ": cannot be read"};
  const auto parsed = parse_json(text, "error.json");
  if (!parsed)
    return parsed.err();
  auto failure = failure_of(*parsed);
  if (!failure)
    return failure.err();
  return std::optional{std::move(*failure)};
}

} // namespace ratchet::formats
