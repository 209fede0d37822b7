#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/stats.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace ratchet::actors::detail {

/// The iterations of a loop that have no actor, as far as someone waits for
/// them: those that sleep, and those that are to be read back from the
/// journal. At most `most_reads` are read at a time, each once, so that what
/// arrives is never older than what an actor has done since.
///
///   present --sleep--------------> asleep
///   asleep  --wake, wake_due-----> wanted
///   present --wake (it fell)-----> wanted
///   wanted  --next_read----------> being read
///   being read --arrived---------> present, or gone
///   wanted, being read --wake----> no change
///
/// Cost: a sleeper takes two small tree nodes, about 130 bytes.
class absent_iterations {
public:
  static constexpr std::size_t most_reads = 8;

  /// `asleep` shows how many sleep, over all loops of the node.
  explicit absent_iterations(counter& asleep) : gauge_(&asleep) {}
  ~absent_iterations() { gauge_->fetch_sub(asleep_.size()); }
  absent_iterations(const absent_iterations&) = delete;
  absent_iterations& operator=(const absent_iterations&) = delete;

  void sleep(iteration_number number, time_point until);
  /// Someone waits for it: it is read before those that are only due.
  void wake(iteration_number number);
  /// All that sleep until `now` at the latest, the earliest first.
  void wake_due(time_point now);

  /// When the first of the sleepers is due; nothing: none ever is.
  [[nodiscard]] std::optional<time_point> next_due() const;
  /// What to read now; nothing: no more at the moment.
  [[nodiscard]] std::optional<iteration_number> next_read();
  void arrived(iteration_number number);

private:
  void forget_sleep(iteration_number number);

  counter* gauge_;
  std::map<iteration_number, time_point> asleep_;
  std::set<std::pair<time_point, iteration_number>> by_time_;
  std::deque<iteration_number> queue_;
  std::set<iteration_number> wanted_; ///< In the queue, or being read.
  std::size_t reads_ = 0;
};

} // namespace ratchet::actors::detail
