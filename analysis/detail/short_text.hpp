#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

/// Names are short and compared all the time: without a call for each.

namespace ratchet::analysis::detail {

template <class Word>
[[nodiscard]] inline Word word_at(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// As a == b.
[[nodiscard]] inline bool same_text(std::string_view a, std::string_view b) {
  if (a.size() != b.size())
    return false;
  const auto* x = a.data();
  const auto* y = b.data();
  auto left = a.size();
  for (; left >= 8; x += 8, y += 8, left -= 8)
    if (word_at<std::uint64_t>(x) != word_at<std::uint64_t>(y))
      return false;
  if (left >= 4) // The two words may overlap.
    return word_at<std::uint32_t>(x) == word_at<std::uint32_t>(y) &&
      word_at<std::uint32_t>(x + left - 4) ==
      word_at<std::uint32_t>(y + left - 4);
  for (; left > 0; ++x, ++y, --left)
    if (*x != *y)
      return false;
  return true;
}

[[nodiscard]] inline std::uint64_t
mixed(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
  return hash ^ (hash >> 32);
}

/// For tables in memory: other machines may hash otherwise.
[[nodiscard]] inline std::uint64_t
hash_text(std::uint64_t hash, std::string_view text) {
  hash = mixed(hash, text.size());
  const auto* at = text.data();
  auto left = text.size();
  for (; left >= 8; at += 8, left -= 8)
    hash = mixed(hash, word_at<std::uint64_t>(at));
  if (left >= 4)
    return mixed(
      hash,
      word_at<std::uint32_t>(at) |
        std::uint64_t{word_at<std::uint32_t>(at + left - 4)} << 32);
  std::uint64_t rest = 0;
  for (; left > 0; ++at, --left)
    rest = rest << 8 | static_cast<unsigned char>(*at);
  return mixed(hash, rest);
}

} // namespace ratchet::analysis::detail
