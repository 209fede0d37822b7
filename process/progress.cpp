#include "process/progress.hpp"

#include "base/bytes.hpp"

#include <charconv>

namespace ratchet::process {

namespace {

constexpr std::string_view word = "ratchet:progress ";

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::string clean(std::string_view text) {
  if (text.size() > max_progress_note_bytes) {
    auto end = max_progress_note_bytes;
    while (end > 0 && is_continuation(text[end]))
      --end;
    text = text.substr(0, end);
  }
  const bool is_utf8 = is_valid_utf8(text);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F || (!is_utf8 && byte >= 0x80))
      continue;
    // U+0080 to U+009F are control characters too.
    if (
      byte == 0xC2 && i + 1 < text.size() &&
      static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      ++i;
      continue;
    }
    out += text[i];
  }
  return out;
}

} // namespace

std::optional<progress> parse_progress(std::string_view line) {
  if (!line.starts_with(word))
    return std::nullopt;
  line.remove_prefix(word.size());
  const auto number = line.substr(0, line.find(' '));
  progress found;
  const auto* end = number.data() + number.size();
  const auto [stop, failure] = std::from_chars(number.data(), end, found.done);
  // Written so that NaN, which from_chars reads, fails as well.
  const bool in_range = found.done >= 0 && found.done <= 1;
  if (failure != std::errc{} || stop != end || !in_range)
    return std::nullopt;
  if (number.size() < line.size())
    found.note = clean(line.substr(number.size() + 1));
  return found;
}

} // namespace ratchet::process
