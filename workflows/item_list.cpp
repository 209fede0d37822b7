#include "workflows/fan_out.hpp"

#include <algorithm>
#include <utility>

/// JSON, as far as a list of items needs it: an array of strings. The layer of
/// formats is above this one.

namespace ratchet::workflows {

namespace {

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) {
    out += static_cast<char>(byte);
  };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

class reader {
public:
  explicit reader(std::string_view text) : text_(text) {}

  result<std::vector<std::string>> list() {
    std::vector<std::string> out;
    if (!take('['))
      return wrong("no array; write [\"one\", \"two\"]");
    if (take(']'))
      return at_end(std::move(out));
    do {
      std::string item;
      if (auto why = string(item); !why.empty())
        return wrong(why);
      if (out.size() == most_items)
        return wrong("more than " + std::to_string(most_items) + " items");
      out.push_back(std::move(item));
    } while (take(','));
    if (!take(']'))
      return wrong("no ',' or ']' after an item");
    return at_end(std::move(out));
  }

private:
  [[nodiscard]] error wrong(const std::string& what) const {
    return {
      errc::invalid_argument,
      what + " (at byte " + std::to_string(at_) + " of the list)"};
  }

  result<std::vector<std::string>> at_end(std::vector<std::string> out) {
    skip_blanks();
    if (at_ != text_.size())
      return wrong("text after the end of the array");
    return out;
  }

  void skip_blanks() {
    at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
  }

  bool take(char c) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != c)
      return false;
    ++at_;
    return true;
  }

  /// Empty: `out` holds the next string.
  std::string string(std::string& out) {
    if (!take('"'))
      return "an item that is no string; quote it";
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"')
        return {};
      if (static_cast<unsigned char>(c) < 0x20)
        return "a control byte in a string";
      if (c != '\\')
        out += c;
      else if (auto why = escape(out); !why.empty())
        return why;
    }
    return "a string that does not end";
  }

  std::string escape(std::string& out) {
    static constexpr std::string_view names = "\"\\/bfnrt";
    static constexpr std::string_view means = "\"\\/\b\f\n\r\t";
    const char c = at_ < text_.size() ? text_[at_++] : '\0';
    if (const auto found = names.find(c); found != std::string_view::npos) {
      out += means[found];
      return {};
    }
    std::uint32_t code = 0;
    if (c != 'u' || !hex(code))
      return "an unknown escape in a string";
    const bool high = code >= 0xD800 && code < 0xDC00;
    if (code >= 0xDC00 && code < 0xE000)
      return "half a surrogate pair in a string";
    if (high) {
      std::uint32_t low = 0;
      if (
        text_.substr(at_, 2) != "\\u" || (at_ += 2, !hex(low)) ||
        low < 0xDC00 || low > 0xDFFF)
        return "half a surrogate pair in a string";
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(out, code);
    return {};
  }

  bool hex(std::uint32_t& out) {
    const auto digits = text_.substr(at_, 4);
    if (digits.size() != 4)
      return false;
    out = 0;
    for (const char c : digits) {
      static constexpr std::string_view lower = "0123456789abcdef";
      static constexpr std::string_view upper = "0123456789ABCDEF";
      auto value = lower.find(c);
      if (value == std::string_view::npos)
        value = upper.find(c);
      if (value == std::string_view::npos)
        return false;
      out = out * 16 + static_cast<std::uint32_t>(value);
    }
    at_ += 4;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

} // namespace

result<std::vector<std::string>> parse_item_list(std::string_view json) {
  return reader{json}.list();
}

} // namespace ratchet::workflows
