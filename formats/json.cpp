#include "formats/json.hpp"

namespace ratchet {

result<json> parse_json(std::string_view text, std::string_view what) {
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
