#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "storage/history.hpp"
#include "storage/loop_journal.hpp"
#include "workflows/backtest.hpp"

#include <cstdint>
#include <optional>
#include <vector>

/// Another trigger on the stored history of a loop: when it would have started
/// iterations, beside when they were started.

namespace ratchet::actors {

struct backtest_wish {
  loop_number loop;
  /// The loop's, with the trigger that is tried. Passes `workflows::check`.
  workflows::loop_definition definition;
  /// How long each iteration takes; absent: as long as the loop's usually did.
  std::optional<duration> takes;
  time_point until; ///< Time goes on until then behind the last event.
  /// The trigger looks once in so many events, and whenever time or an event of
  /// the loop's journal may change something; 0: as is good for the history's
  /// size.
  std::uint64_t look_every = 0;
};

struct backtest_report {
  std::vector<workflows::backtest_start> would; ///< In the order of time.
  std::vector<workflows::backtest_start> did;   ///< Likewise.
  time_point from;                              ///< When the loop began.
  time_point to;
  std::uint64_t events = 0; ///< Of the history.
  std::uint64_t look_every = 0;
  duration takes{0};
  bool whole = true; ///< False: it was given up at `most_backtest_starts`.
};

inline constexpr std::size_t most_backtest_starts = 10'000;
/// Of one history.
inline constexpr std::uint64_t most_backtest_events = 5'000'000;

/// Blocks on the disk; any thread. Changes nothing.
/// Errors: `resource_limit` for a history beyond `most_backtest_events`; those
///   of history and journal.
/// Cost:   one pass over the history: about 10 us an event where the trigger
///   asks for drops, 4 us where it does not. Memory: the loop's journal.
[[nodiscard]] result<backtest_report> run_backtest(
  const storage::loop_journal& journal, const storage::history& history,
  const backtest_wish& wish);

} // namespace ratchet::actors
