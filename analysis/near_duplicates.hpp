#pragma once

#include <cstddef>
#include <cstdint>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The same comment ten times, slightly changed, is one comment.

namespace ratchet::analysis {

/// 64 bits that differ in few places for texts with nearly the same words in
/// nearly the same order. Case, punctuation and spacing (ASCII) do not count.
///
/// Features are words and pairs of neighbors, by `salted_hash`, so fingerprints
/// may be stored.
/// Source: Charikar (2002), STOC; Manku, Jain, Das Sarma (2007), WWW, for 64
///         bits and a distance of 3.
[[nodiscard]] std::uint64_t text_fingerprint(std::string_view text);

[[nodiscard]] unsigned fingerprint_distance(std::uint64_t a, std::uint64_t b);

inline constexpr unsigned near_duplicate_distance = 3;

/// Why a rater's text does or does not count.
enum class text_verdict : std::uint8_t {
  counts = 1,
  near_duplicate = 2, ///< Of another by the same rater on the same day.
  over_cap = 3,       ///< The rater has said enough that day.
};

/// Keeps one rater from being many: within a rater's day near duplicates count
/// once, and no more than a cap counts at all.
///
/// Replay:  the same texts in the same order give the same verdicts.
/// Threads: one at a time.
/// Cost:    a comparison with each text that counted for the rater's day.
class text_filter {
public:
  /// `daily_cap` of 1 at least: what counts of one rater in one day.
  explicit text_filter(std::size_t daily_cap);

  /// `day` is the number of the day, in whatever zone the caller counts.
  text_verdict
  judge(const std::string& rater, std::int64_t day, std::string_view text);

  /// Forgets the days before `day`, for which nothing comes any more.
  void forget_before(std::int64_t day);

private:
  std::size_t daily_cap_;
  std::map<std::pair<std::int64_t, std::string>, std::vector<std::uint64_t>>
    counted_;
};

/// The cap that keeps a rater below a hundredth of a slice that gets
/// `daily_feedback` pieces a day; 1 at least.
[[nodiscard]] constexpr std::size_t
daily_cap_for(std::uint64_t daily_feedback) {
  return daily_feedback < 200 ? 1
                              : static_cast<std::size_t>(daily_feedback / 100);
}

} // namespace ratchet::analysis
