#include "formats/detail/json_check.hpp"

#include "base/bytes.hpp"
#include "formats/detail/json_scan.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace ratchet::formats::detail {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Walks with an explicit stack, so that nesting costs no stack frames.
class checker {
public:
  checker(std::string_view text, std::size_t max_depth)
      : text_(text), max_depth_(max_depth) {}

  std::optional<json_problem> find_problem() {
    const auto valid = valid_utf8_prefix(text_);
    if (valid != text_.size())
      note(json_problem_kind::invalid_utf8, valid, "bytes that are not UTF-8");
    static_cast<void>(document());
    return std::move(problem_);
  }

private:
  bool fail(std::size_t offset, std::string message) {
    problem_ = {json_problem_kind::malformed, offset, std::move(message)};
    return false;
  }
  /// Notes what the grammar allows and we do not; the first one counts.
  void note(json_problem_kind kind, std::size_t offset, std::string message) {
    if (!problem_)
      problem_ = {kind, offset, std::move(message)};
  }

  [[nodiscard]] bool more() const { return at_ < text_.size(); }
  [[nodiscard]] char peek() const { return more() ? text_[at_] : '\0'; }
  void skip_blanks() {
    while (more() && is_blank(text_[at_]))
      ++at_;
  }
  bool expected(const char* what) {
    return fail(
      at_,
      more() ? "expected " + std::string{what}
             : "the text ends where " + std::string{what} + " should be");
  }

  bool document() {
    skip_blanks();
    if (!value())
      return false;
    while (!open_.empty())
      if (!next_in_container())
        return false;
    skip_blanks();
    return more() ? fail(at_, "text after the end of the value") : true;
  }

  /// Reads a scalar, or opens a container and leaves it on the stack.
  bool value() {
    switch (peek()) {
    case '{':
    case '[':
      open_ += text_[at_++];
      if (open_.size() == max_depth_ + 1)
        note(
          json_problem_kind::too_deep, at_ - 1,
          "nested deeper than " + std::to_string(max_depth_) + " levels");
      first_ = true;
      return true;
    case '"':
      return string();
    case 't':
      return word("true");
    case 'f':
      return word("false");
    case 'n':
      return word("null");
    case 'N':
      return not_finite("NaN");
    case 'I':
      return not_finite("Infinity");
    default:
      return number();
    }
  }

  /// One step inside the innermost container: its end, or one more element.
  bool next_in_container() {
    const bool object = open_.back() == '{';
    const char end = object ? '}' : ']';
    const bool first = std::exchange(first_, false);
    skip_blanks();
    if (peek() == end) {
      ++at_;
      open_.pop_back();
      return true;
    }
    if (!first) {
      if (peek() != ',')
        return expected(object ? "',' or '}'" : "',' or ']'");
      ++at_;
      skip_blanks();
    }
    if (object) {
      if (peek() != '"')
        return expected(first ? "a key in quotes or '}'" : "a key in quotes");
      if (!string())
        return false;
      skip_blanks();
      if (peek() != ':')
        return expected("':' after the key");
      ++at_;
      skip_blanks();
    }
    return value();
  }

  bool word(std::string_view expected_word) {
    if (text_.substr(at_, expected_word.size()) != expected_word)
      return expected("a value");
    at_ += expected_word.size();
    return true;
  }

  bool not_finite(std::string_view spelled) {
    note(
      json_problem_kind::not_finite, at_,
      std::string{spelled} + ", which JSON does not have");
    return word(spelled);
  }

  bool string() {
    const auto start = at_++;
    while (more()) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20)
        return fail(at_, "a control character inside a string; escape it");
      if (c == '\\') {
        if (!escape())
          return false;
      } else {
        ++at_;
      }
    }
    return fail(start, "a string that does not end");
  }

  bool escape() {
    const auto start = at_;
    ++at_;
    const char c = peek();
    if (c == 'u') {
      std::uint32_t high = 0;
      if (!hex4(high))
        return fail(start, "\\u without four hexadecimal digits");
      std::uint32_t low = 0;
      const auto after_high = at_;
      const bool leads = high >= 0xD800 && high < 0xDC00;
      if (leads && text_.substr(at_, 2) == "\\u") {
        ++at_;
        if (!hex4(low))
          return fail(after_high, "\\u without four hexadecimal digits");
        if (low >= 0xDC00 && low < 0xE000)
          return true;
        at_ = after_high; // A character of its own: read it again.
      }
      if (high >= 0xD800 && high < 0xE000)
        note(
          json_problem_kind::invalid_utf8, start,
          "half of a surrogate pair, which is no character");
      return true;
    }
    if (
      std::string_view{"\"\\/bfnrt"}.find(c) == std::string_view::npos ||
      !more())
      return fail(start, "an escape that JSON does not have");
    ++at_;
    return true;
  }

  /// Stands at the 'u'.
  bool hex4(std::uint32_t& code) {
    const auto digits = text_.substr(std::min(at_ + 1, text_.size()), 4);
    const auto* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, code, 16);
    if (digits.size() != 4 || read.ptr != end || digits[0] == '-')
      return false;
    at_ += 5;
    return true;
  }

  bool digits() {
    const auto start = at_;
    while (is_digit(peek()))
      ++at_;
    return at_ > start;
  }

  bool number() {
    const auto start = at_;
    const bool negative = peek() == '-';
    if (negative && text_.substr(at_ + 1, 1) == "I")
      return not_finite("-Infinity");
    if (negative)
      ++at_;
    const bool zero = peek() == '0';
    if (!digits()) {
      at_ = start;
      return expected("a value");
    }
    if (zero && at_ - start > (negative ? 2U : 1U))
      return fail(start, "a number with a leading zero");
    bool integer = true;
    if (peek() == '.') {
      integer = false;
      ++at_;
      if (!digits())
        return expected("a digit after the point");
    }
    if (peek() == 'e' || peek() == 'E') {
      integer = false;
      ++at_;
      if (peek() == '+' || peek() == '-')
        ++at_;
      if (!digits())
        return expected("a digit in the exponent");
    }
    check_range(text_.substr(start, at_ - start), start, integer);
    return true;
  }

  void check_range(std::string_view token, std::size_t start, bool integer) {
    if (integer && !integer_fits(token))
      note(
        json_problem_kind::integer_range, start,
        "an integer of more than 64 bits");
    if (!integer && !real_fits(token))
      note(
        json_problem_kind::not_finite, start,
        "a number beyond the range of doubles");
  }

  std::string_view text_;
  std::size_t max_depth_;
  std::size_t at_ = 0;
  std::string open_; ///< The brackets around `at_`, innermost last.
  bool first_ = false;
  std::optional<json_problem> problem_;
};

} // namespace

std::optional<json_problem>
find_json_problem(std::string_view text, std::size_t max_depth) {
  return checker{text, max_depth}.find_problem();
}

std::vector<std::string_view> split_json_array(std::string_view text) {
  std::vector<std::string_view> elements;
  std::size_t depth = 0;
  std::size_t start = 0;
  bool content = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_blank(c))
      continue;
    const bool closes = c == ']' || c == '}';
    if (depth == 1 && (c == ',' || closes)) {
      if (content)
        elements.push_back(text.substr(start, i - start));
      content = false;
      start = i + 1;
    } else if (depth >= 1) {
      content = true;
    } else {
      start = i + 1;
    }
    if (c == '[' || c == '{')
      ++depth;
    else if (closes)
      --depth;
    else if (c == '"')
      i = end_of_string(text, i);
  }
  return elements;
}

} // namespace ratchet::formats::detail
