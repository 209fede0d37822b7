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

/// Recursion, because its depth is bounded, and quick.
class scanner {
public:
  explicit scanner(std::string_view text)
      : at_(text.data()), end_(text.data() + text.size()) {}

  bool document(std::size_t max_depth) {
    return value(max_depth) && at_ == end_;
  }

private:
  [[nodiscard]] char peek() const { return at_ < end_ ? *at_ : '\0'; }
  void blanks() {
    while (at_ < end_ &&
           (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t'))
      ++at_;
  }

  bool value(std::size_t levels) {
    const char first = peek();
    if (is_digit(first) || first == '-')
      return number();
    switch (first) {
    case '"':
      ++at_;
      return rest_of_string();
    case '{':
      return levels > 0 && object(levels - 1);
    case '[':
      return levels > 0 && array(levels - 1);
    case 't':
      return word("true");
    case 'f':
      return word("false");
    case 'n':
      return word("null");
    default:
      return false;
    }
  }

  bool array(std::size_t levels) {
    ++at_;
    blanks();
    if (peek() == ']') {
      ++at_;
      return true;
    }
    while (true) {
      if (!value(levels))
        return false;
      blanks();
      const char next = peek();
      ++at_;
      if (next != ',')
        return next == ']';
      blanks();
    }
  }

  bool object(std::size_t levels) {
    ++at_;
    blanks();
    if (peek() == '}') {
      ++at_;
      return true;
    }
    while (true) {
      if (peek() != '"')
        return false;
      ++at_;
      if (!rest_of_string())
        return false;
      blanks();
      if (peek() != ':')
        return false;
      ++at_;
      blanks();
      if (!value(levels))
        return false;
      blanks();
      const char next = peek();
      ++at_;
      if (next != ',')
        return next == '}';
      blanks();
    }
  }

  bool word(std::string_view expected) {
    const auto left = static_cast<std::size_t>(end_ - at_);
    if (!std::string_view{at_, left}.starts_with(expected))
      return false;
    at_ += expected.size();
    return true;
  }

  bool rest_of_string() {
    while (true) {
      skip_plain();
      if (at_ == end_)
        return false;
      const auto c = static_cast<unsigned char>(*at_++);
      if (c == '"')
        return true;
      if (c < 0x20 || (c == '\\' && !escape()))
        return false;
    }
  }

  /// Eight bytes at a time while none of them means anything in a string.
  void skip_plain() {
    constexpr std::uint64_t ones = 0x0101010101010101ULL;
    constexpr std::uint64_t highs = 0x80 * ones;
    const auto zero = [](std::uint64_t x) { return (x - ones) & ~x & highs; };
    while (end_ - at_ >= 8) {
      std::uint64_t x = 0;
      std::memcpy(&x, at_, sizeof x);
      const auto control = (x - 0x20 * ones) & ~x & highs;
      const auto special = zero(x ^ ('"' * ones)) | zero(x ^ ('\\' * ones));
      const auto found = special | control;
      if (found != 0) {
        // The lowest mark is never a false one.
        at_ += __builtin_ctzll(found) / 8;
        return;
      }
      at_ += 8;
    }
  }

  /// Stands behind the backslash.
  bool escape() {
    const char c = peek();
    if (c == 'u')
      return unicode_escape();
    ++at_;
    return c != '\0' && std::strchr("\"\\/bfnrt", c) != nullptr;
  }

  bool unicode_escape() {
    std::uint32_t high = 0;
    if (!hex4(high))
      return false;
    if (high < 0xD800 || high > 0xDFFF)
      return true;
    std::uint32_t low = 0;
    if (high > 0xDBFF || peek() != '\\')
      return false;
    ++at_;
    return peek() == 'u' && hex4(low) && low >= 0xDC00 && low <= 0xDFFF;
  }

  /// Stands at the 'u'.
  bool hex4(std::uint32_t& code) {
    if (end_ - at_ < 5)
      return false;
    for (int i = 1; i <= 4; ++i) {
      const char c = at_[i];
      const char letter = static_cast<char>(c | 0x20);
      if (is_digit(c))
        code = code * 16 + static_cast<std::uint32_t>(c - '0');
      else if (letter >= 'a' && letter <= 'f')
        code = code * 16 + static_cast<std::uint32_t>(letter - 'a' + 10);
      else
        return false;
    }
    at_ += 5;
    return true;
  }

  bool digits() {
    const char* const start = at_;
    while (at_ < end_ && is_digit(*at_))
      ++at_;
    return at_ > start;
  }

  bool number() {
    const char* const start = at_;
    if (*at_ == '-')
      ++at_;
    const bool zero = peek() == '0';
    const char* const first = at_;
    if (!digits() || (zero && at_ - first > 1))
      return false;
    const char next = peek();
    const auto size = [&] { return static_cast<std::size_t>(at_ - start); };
    if (next != '.' && next != 'e' && next != 'E')
      return size() <= 18 || integer_fits({start, size()});
    if (next == '.') {
      ++at_;
      if (!digits())
        return false;
    }
    const bool exponent = peek() == 'e' || peek() == 'E';
    if (exponent) {
      ++at_;
      if (peek() == '+' || peek() == '-')
        ++at_;
      if (!digits())
        return false;
    }
    return (size() <= 300 && !exponent) || real_fits({start, size()});
  }

  const char* at_;
  const char* end_;
};

} // namespace

bool is_sound_json(std::string_view text, std::size_t max_depth) {
  return scanner{text}.document(max_depth);
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
