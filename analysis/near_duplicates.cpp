#include "analysis/near_duplicates.hpp"

#include "analysis/hash.hpp"
#include "base/assert.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

namespace ratchet::analysis {

namespace {

/// Letters of other scripts are bytes above 127 and part of a word.
bool in_word(unsigned char c) {
  return c >= 128 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool open = false;
  for (const auto raw : text) {
    const auto c = static_cast<unsigned char>(
      raw >= 'A' && raw <= 'Z' ? raw - 'A' + 'a' : raw);
    if (in_word(c)) {
      if (!open)
        words.emplace_back();
      words.back() += static_cast<char>(c);
    }
    open = in_word(c);
  }
  return words;
}

} // namespace

std::uint64_t text_fingerprint(std::string_view text) {
  std::array<std::int64_t, 64> balance{};
  const auto count = [&](std::string_view feature) {
    const auto hash = salted_hash("fingerprint", feature);
    for (std::size_t bit = 0; bit < 64; ++bit)
      balance[bit] += ((hash >> bit) & 1) != 0 ? 1 : -1;
  };
  const auto words = words_of(text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    count(words[i]);
    if (i > 0)
      count(words[i - 1] + ' ' + words[i]);
  }
  std::uint64_t fingerprint = 0;
  for (std::size_t bit = 0; bit < 64; ++bit)
    fingerprint |= static_cast<std::uint64_t>(balance[bit] > 0) << bit;
  return fingerprint;
}

unsigned fingerprint_distance(std::uint64_t a, std::uint64_t b) {
  return static_cast<unsigned>(std::popcount(a ^ b));
}

text_filter::text_filter(std::size_t daily_cap) : daily_cap_(daily_cap) {
  RATCHET_ASSERT(daily_cap > 0);
}

text_verdict text_filter::judge(
  const std::string& rater, std::int64_t day, std::string_view text) {
  auto& counted = counted_[{day, rater}];
  const auto fingerprint = text_fingerprint(text);
  const auto near = [&](std::uint64_t other) {
    return fingerprint_distance(fingerprint, other) <= near_duplicate_distance;
  };
  if (std::any_of(counted.begin(), counted.end(), near))
    return text_verdict::near_duplicate;
  if (counted.size() >= daily_cap_)
    return text_verdict::over_cap;
  counted.push_back(fingerprint);
  return text_verdict::counts;
}

void text_filter::forget_before(std::int64_t day) {
  counted_.erase(counted_.begin(), counted_.lower_bound({day, {}}));
}

} // namespace ratchet::analysis
