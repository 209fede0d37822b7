#include "ratchet/step_value.hpp"

#include <charconv>
#include <cmath>

namespace ratchet::detail {

namespace {

template <class Number>
bool write_number(std::string& out, Number value) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end);
  return true;
}

template <class Number>
bool read_number(std::string_view& in, Number& value) {
  const auto [rest, failure] =
    std::from_chars(in.data(), in.data() + in.size(), value);
  if (failure != std::errc{})
    return false;
  in.remove_prefix(static_cast<std::size_t>(rest - in.data()));
  return true;
}

bool take_word(std::string_view& in, std::string_view word) {
  if (!in.starts_with(word))
    return false;
  in.remove_prefix(word.size());
  return true;
}

/// How many bytes the UTF-8 character at the front of `text` has; 0: it is
/// none.
std::size_t character_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80U ? 1
    : lead >= 0xC2U && lead < 0xE0U     ? 2
    : lead >= 0xE0U && lead < 0xF0U     ? 3
    : lead >= 0xF0U && lead < 0xF5U     ? 4
                                        : 0;
  if (size == 0 || size > text.size())
    return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U)
      return 0;
  if (size < 3)
    return size;
  // Overlong forms, halves of surrogates, and what lies beyond Unicode.
  const auto second = static_cast<unsigned char>(text[1]);
  const bool allowed = (lead != 0xE0U || second >= 0xA0U) &&
    (lead != 0xEDU || second < 0xA0U) && (lead != 0xF0U || second >= 0x90U) &&
    (lead != 0xF4U || second < 0x90U);
  return allowed ? size : 0;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return -1;
}

/// Of the four digits behind \u: control characters are all that is written
/// so.
bool read_escape(std::string_view& in, std::string& value) {
  if (in.size() < 4)
    return false;
  int code = 0;
  for (int i = 0; i < 4; ++i) {
    const auto digit = hex_digit(in[static_cast<std::size_t>(i)]);
    if (digit < 0)
      return false;
    code = code * 16 + digit;
  }
  if (code > 0x7F)
    return false;
  in.remove_prefix(4);
  value += static_cast<char>(code);
  return true;
}

} // namespace

bool write_value(std::string& out, bool value) {
  out += value ? "true" : "false";
  return true;
}

bool write_value(std::string& out, std::int64_t value) {
  return write_number(out, value);
}

bool write_value(std::string& out, std::uint64_t value) {
  return write_number(out, value);
}

bool write_value(std::string& out, double value) {
  return std::isfinite(value) && write_number(out, value);
}

bool write_value(std::string& out, const std::string& value) {
  static constexpr char digits[] = "0123456789abcdef";
  out += '"';
  for (std::string_view rest = value; !rest.empty();) {
    const auto size = character_size(rest);
    if (size == 0)
      return false;
    const auto c = static_cast<unsigned char>(rest.front());
    if (c == '"' || c == '\\') {
      out += '\\';
      out += rest.front();
    } else if (c < 0x20U || c == 0x7FU) {
      out += "\\u00";
      out += digits[c / 16];
      out += digits[c % 16];
    } else {
      out += rest.substr(0, size);
    }
    rest.remove_prefix(size);
  }
  out += '"';
  return true;
}

bool read_value(std::string_view& in, bool& value) {
  value = take_word(in, "true");
  return value || take_word(in, "false");
}

bool read_value(std::string_view& in, std::int64_t& value) {
  return read_number(in, value);
}

bool read_value(std::string_view& in, std::uint64_t& value) {
  return read_number(in, value);
}

bool read_value(std::string_view& in, double& value) {
  return read_number(in, value) && std::isfinite(value);
}

bool read_value(std::string_view& in, std::string& value) {
  value.clear();
  if (!take(in, '"'))
    return false;
  while (!in.empty()) {
    const char c = in.front();
    in.remove_prefix(1);
    if (c == '"')
      return true;
    if (c != '\\') {
      value += c;
      continue;
    }
    if (take(in, 'u')) {
      if (!read_escape(in, value))
        return false;
    } else if (take(in, '"')) {
      value += '"';
    } else if (take(in, '\\')) {
      value += '\\';
    } else {
      return false;
    }
  }
  return false;
}

bool take(std::string_view& in, char c) {
  if (in.empty() || in.front() != c)
    return false;
  in.remove_prefix(1);
  return true;
}

} // namespace ratchet::detail
