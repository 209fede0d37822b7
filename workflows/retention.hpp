#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "workflows/definition.hpp"

#include <cstdint>
#include <optional>

/// Which of a loop's events may go.
///
///   first          aged    fitting     joinable   in_flight  cursor   end
///     |==============|========|============|==========|========|=======|
///     |<- age lets go|        |            |          |        |
///     |<--- bytes let go ---->|            |          |        |
///     |                       |<----- needed: nothing of it goes ----->|
///
/// Either bound lets events go, from the oldest on. Against both of them stays
/// what the loop has not made use of yet: what the monitor has not counted,
/// the interactions that feedback can still join in time, and the new events
/// of an iteration under way. A bound is exceeded for as long as that takes.
///
/// Not among these: events that no data set has used. A paused loop would keep
/// them for ever, whatever its author has promised about their age. The next
/// data set begins at what is left and says where that is.

namespace ratchet::workflows {

/// Time between the receipt of a request and the commit of its events, at
/// most: feedback on its way counts from its receipt.
inline constexpr duration longest_request{std::chrono::minutes{1}};

/// What the history is to be asked.
struct retention_questions {
  std::optional<time_point> aged; ///< Older than this is beyond the age.
  std::optional<std::uint64_t> bytes;
  time_point joinable; ///< Older than this nothing joins in time any more.
};

/// `unseen` is when the first event was received that the monitor has not
/// counted: until then time stands still for the join, however late it is now.
[[nodiscard]] retention_questions retention_questions_at(
  const retention_limits& limits, duration join_window, time_point now,
  std::optional<time_point> unseen);

/// What is known of a loop and its history.
struct retention_facts {
  sequence first;  ///< That is left.
  sequence cursor; ///< The monitor's, as it is on disk.
  /// Of the iterations under way the earliest `data_from`, if there are any.
  std::optional<sequence> in_flight;
  // The answers: the first event that is not older, or fits.
  std::optional<sequence> aged;
  std::optional<sequence> fitting;
  sequence joinable;
};

/// The first event to keep; nothing if none is to go.
[[nodiscard]] std::optional<sequence> keep_from(const retention_facts& facts);

/// What is known of the space that dropped events take up where they share
/// files with ones that are kept.
struct reclaim_facts {
  std::uint64_t file_bytes = 0; ///< Of the history, on disk.
  std::uint64_t kept_bytes = 0; ///< Of these, events of any loop.
  std::uint64_t free_bytes = 0; ///< On that disk.
};

enum class rewrite_verdict : std::uint8_t { not_worth_it, no_room, worth_it };

/// Whether to rewrite the history's files, which costs as much as is kept: only
/// if a good part of them is waste, and if there is room for both. A disk that
/// fills up stops the shard.
[[nodiscard]] rewrite_verdict judge_rewrite(const reclaim_facts& facts);

} // namespace ratchet::workflows
