#include "formats/detail/json_scan.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace ratchet::formats::detail {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Every function takes the place where its part begins and returns the place
/// behind it, null if it is not sound: so that the place stays in a register.
/// Recursion, because its depth is bounded.
class scanner {
public:
  explicit scanner(const char* end) : end_(end) {}

  const char* value(const char* at, std::size_t levels) const {
    if (at == end_)
      return nullptr;
    if (is_digit(*at) || *at == '-')
      return number(at);
    switch (*at) {
    case '"':
      return rest_of_string(at + 1);
    case '{':
      return levels > 0 ? object(at + 1, levels - 1) : nullptr;
    case '[':
      return levels > 0 ? array(at + 1, levels - 1) : nullptr;
    case 't':
      return word(at, "true");
    case 'f':
      return word(at, "false");
    case 'n':
      return word(at, "null");
    default:
      return nullptr;
    }
  }

private:
  [[nodiscard]] char peek(const char* at) const {
    return at < end_ ? *at : '\0';
  }
  [[nodiscard]] std::size_t left(const char* at) const {
    return static_cast<std::size_t>(end_ - at);
  }
  /// Mostly there is none: one comparison tells.
  const char* blanks(const char* at) const {
    while (at < end_ && static_cast<unsigned char>(*at) <= ' ' &&
           (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
      ++at;
    return at;
  }

  const char* array(const char* at, std::size_t levels) const {
    at = blanks(at);
    if (peek(at) == ']')
      return at + 1;
    while (true) {
      const char first = peek(at); // Pixels and embeddings: mostly numbers.
      at = is_digit(first) || first == '-' ? number(at) : value(at, levels);
      if (at == nullptr)
        return nullptr;
      at = blanks(at);
      const char next = peek(at);
      if (next == ']')
        return at + 1;
      if (next != ',')
        return nullptr;
      at = blanks(at + 1);
    }
  }

  const char* object(const char* at, std::size_t levels) const {
    at = blanks(at);
    if (peek(at) == '}')
      return at + 1;
    while (true) {
      if (peek(at) != '"')
        return nullptr;
      at = rest_of_string(at + 1);
      if (at == nullptr)
        return nullptr;
      at = blanks(at);
      if (peek(at) != ':')
        return nullptr;
      at = value(blanks(at + 1), levels);
      if (at == nullptr)
        return nullptr;
      at = blanks(at);
      const char next = peek(at);
      if (next == '}')
        return at + 1;
      if (next != ',')
        return nullptr;
      at = blanks(at + 1);
    }
  }

  const char* word(const char* at, std::string_view expected) const {
    return std::string_view{at, left(at)}.starts_with(expected)
      ? at + expected.size()
      : nullptr;
  }

  const char* rest_of_string(const char* at) const {
    while (true) {
      at = skip_plain(at);
      if (at == end_)
        return nullptr;
      const auto c = static_cast<unsigned char>(*at++);
      if (c == '"')
        return at;
      if (c < 0x20)
        return nullptr;
      if (c == '\\') {
        at = escape(at);
        if (at == nullptr)
          return nullptr;
      }
    }
  }

  /// Eight bytes at a time while none of them means anything in a string.
  const char* skip_plain(const char* at) const {
    constexpr std::uint64_t ones = 0x0101010101010101ULL;
    constexpr std::uint64_t highs = 0x80 * ones;
    const auto zero = [](std::uint64_t x) { return (x - ones) & ~x & highs; };
    while (left(at) >= 8) {
      std::uint64_t x = 0;
      std::memcpy(&x, at, sizeof x);
      const auto control = (x - 0x20 * ones) & ~x & highs;
      const auto special = zero(x ^ ('"' * ones)) | zero(x ^ ('\\' * ones));
      const auto found = special | control;
      if (found != 0) // The lowest mark is never a false one.
        return at + __builtin_ctzll(found) / 8;
      at += 8;
    }
    return at;
  }

  /// Stands behind the backslash.
  const char* escape(const char* at) const {
    const char c = peek(at);
    if (c == 'u')
      return unicode_escape(at + 1);
    const bool known = c != '\0' && std::strchr("\"\\/bfnrt", c) != nullptr;
    return known ? at + 1 : nullptr;
  }

  const char* unicode_escape(const char* at) const {
    std::uint32_t high = 0;
    at = hex4(at, high);
    if (at == nullptr || high < 0xD800 || high > 0xDFFF)
      return at;
    if (high > 0xDBFF || peek(at) != '\\' || peek(at + 1) != 'u')
      return nullptr;
    std::uint32_t low = 0;
    at = hex4(at + 2, low);
    return low >= 0xDC00 && low <= 0xDFFF ? at : nullptr;
  }

  const char* hex4(const char* at, std::uint32_t& code) const {
    if (left(at) < 4)
      return nullptr;
    for (int i = 0; i < 4; ++i) {
      const char c = at[i];
      const char letter = static_cast<char>(c | 0x20);
      if (is_digit(c))
        code = code * 16 + static_cast<std::uint32_t>(c - '0');
      else if (letter >= 'a' && letter <= 'f')
        code = code * 16 + static_cast<std::uint32_t>(letter - 'a' + 10);
      else
        return nullptr;
    }
    return at + 4;
  }

  const char* digits(const char* at) const {
    while (at < end_ && is_digit(*at))
      ++at;
    return at;
  }

  const char* number(const char* const start) const {
    const char* const first = *start == '-' ? start + 1 : start;
    const char* at = digits(first);
    if (at == first || (*first == '0' && at - first > 1))
      return nullptr;
    const auto size = [&] { return static_cast<std::size_t>(at - start); };
    const char next = peek(at);
    if (next != '.' && next != 'e' && next != 'E')
      return size() <= 18 || integer_fits({start, size()}) ? at : nullptr;
    if (next == '.') {
      const char* const fraction = at + 1;
      at = digits(fraction);
      if (at == fraction)
        return nullptr;
    }
    const bool exponent = peek(at) == 'e' || peek(at) == 'E';
    if (exponent) {
      ++at;
      if (peek(at) == '+' || peek(at) == '-')
        ++at;
      const char* const power = at;
      at = digits(power);
      if (at == power)
        return nullptr;
    }
    const bool short_enough = size() <= 300 && !exponent;
    return short_enough || real_fits({start, size()}) ? at : nullptr;
  }

  const char* end_;
};

} // namespace

bool is_sound_json(std::string_view text, std::size_t max_depth) {
  const char* const end = text.data() + text.size();
  return scanner{end}.value(text.data(), max_depth) == end;
}

bool integer_fits(std::string_view token) {
  const auto* const end = token.data() + token.size();
  std::int64_t with_sign = 0;
  std::uint64_t without = 0;
  return std::from_chars(token.data(), end, with_sign).ec == std::errc{} ||
    std::from_chars(token.data(), end, without).ec == std::errc{};
}

bool real_fits(std::string_view token) {
  const auto* const end = token.data() + token.size();
  double real = 0;
  if (std::from_chars(token.data(), end, real).ec == std::errc{})
    return true;
  // It reports too small and too large alike; only the latter has no double
  // near it.
  return std::isfinite(std::strtod(std::string{token}.c_str(), nullptr));
}

} // namespace ratchet::formats::detail
