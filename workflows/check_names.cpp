#include "workflows/check.hpp"
#include "workflows/detail/checking.hpp"

#include <algorithm>

namespace ratchet::workflows {

namespace {

constexpr std::size_t longest_name = 63;

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_alphanumeric(char c) {
  return is_lower(c) || is_upper(c) || is_digit(c);
}

} // namespace

std::string input_variable(const std::string& stage) {
  std::string name = "RATCHET_INPUT_";
  for (const char c : stage) {
    if (is_lower(c))
      name += static_cast<char>(c - 'a' + 'A');
    else
      name += is_alphanumeric(c) ? c : '_';
  }
  return name;
}

namespace detail {

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 80;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      out += "\\x";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  return out + (text.size() > longest ? "...\"" : "\"");
}

std::string check_name(std::string_view name) {
  if (name.empty())
    return "the name is empty; give one";
  if (name.size() > longest_name)
    return "the name has " + std::to_string(name.size()) +
      " bytes; use at most 63";
  if (!is_alphanumeric(name.front()))
    return "the name must begin with a letter or digit";
  if (name.back() == ' ')
    return "the name ends with a blank; remove it";
  const auto fits = [](char c) {
    return is_alphanumeric(c) || c == ' ' || c == '_' || c == '.' || c == '-';
  };
  if (!std::all_of(name.begin(), name.end(), fits))
    return "the name may hold only letters, digits, blanks, '_', '.' and '-'";
  return {};
}

std::string check_loop_name(std::string_view name) {
  const auto fits = [](char c) {
    return is_lower(c) || is_digit(c) || c == '_' || c == '-';
  };
  if (
    !name.empty() && name.size() <= longest_name &&
    std::all_of(name.begin(), name.end(), fits) && name.front() != '_' &&
    name.front() != '-')
    return {};
  return "the name must be 1 to 63 of a-z, 0-9, '_' and '-', and begin with a "
         "letter or digit";
}

std::string
check_positive(std::string_view what, duration d, std::string_view example) {
  const auto is = std::string{what} + " is " + format_duration(d);
  if (d <= duration{0})
    return is + "; give a positive one, such as " + std::string{example};
  if (d > longest_time)
    return is + "; give at most " + format_duration(longest_time);
  return {};
}

std::string unknown_channel(const std::string& name) {
  return "channel " + in_quotes(name) +
    " is not declared; declare it with channel(...)";
}

} // namespace detail

} // namespace ratchet::workflows
