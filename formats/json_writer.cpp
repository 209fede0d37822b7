#include "formats/json_writer.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace ratchet::formats {

namespace {

/// For each byte: 0 to copy it, 'u' for \u00XX, else the letter of its escape.
constexpr auto escapes = [] {
  std::array<char, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c)
    table[c] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  table[0x7F] = 'u'; // Harmless to JSON, not to terminals.
  return table;
}();

/// `text` is valid UTF-8.
void append_escaped(std::string& out, std::string_view text) {
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const char escape = escapes[byte];
    if (escape == 0) [[likely]]
      continue;
    out.append(text, copied, i - copied);
    copied = i + 1;
    out += '\\';
    out += escape;
    if (escape == 'u') {
      static constexpr std::string_view digits = "0123456789abcdef";
      out += "00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  out.append(text, copied);
}

template <class Number>
void append_chars(std::string& out, Number number) {
  std::array<char, 32> text; // Shortest doubles take up to 24.
  const auto end =
    std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  out.append(text.data(), end);
}

} // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (true) {
    const auto valid = valid_utf8_prefix(text);
    append_escaped(out, text.substr(0, valid));
    if (valid == text.size())
      break;
    out += "\xEF\xBF\xBD"; // U+FFFD
    text.remove_prefix(valid + 1);
  }
  out += '"';
}

void append_json_number(std::string& out, double value) {
  if (std::isfinite(value))
    append_chars(out, value);
  else
    out += "null";
}

void append_json_raw(std::string& out, std::string_view json) {
  const auto start = static_cast<std::ptrdiff_t>(out.size());
  out += json;
  const auto is_break = [](char c) { return c == '\n' || c == '\r'; };
  std::replace_if(out.begin() + start, out.end(), is_break, ' ');
}

void json_writer::append_integer(std::int64_t number) {
  append_chars(out_, number);
}
void json_writer::append_integer(std::uint64_t number) {
  append_chars(out_, number);
}

} // namespace ratchet::formats
