#include "formats/json.hpp"

#include "formats/detail/json_check.hpp"

namespace ratchet {

namespace {

/// Whether brackets nest deeper than `most`. What is no JSON is not this
/// function's matter, as long as it does not nest deeper.
bool nests_deeper(std::string_view text, std::size_t most) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      i = formats::detail::end_of_string(text, i);
    } else if (c == '[' || c == '{') {
      if (++depth > most)
        return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

} // namespace

result<json> parse_json(std::string_view text, std::string_view what) {
  // Writing a value back, and dropping it, take stack for each level.
  if (nests_deeper(text, deepest_json))
    return error{
      errc::invalid_argument,
      std::string{what} + ": nests deeper than " +
        std::to_string(deepest_json) + " levels"};
  try {
    return json::parse(text);
  } catch (const json::parse_error& e) {
    // nlohmann counts bytes from 1, and names the one behind the mistake.
    const auto offset = e.byte > 0 ? e.byte - 1 : 0;
    return error{
      errc::invalid_argument,
      std::string{what} + ": malformed JSON at byte " + std::to_string(offset)};
  } catch (const json::exception& e) {
    return error{
      errc::invalid_argument, std::string{what} + ": " + std::string{e.what()}};
  }
}

std::string to_text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string to_pretty_text(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace);
}

} // namespace ratchet
