#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

/// Who runs when: attempts ask for slots, and slots are few.

namespace ratchet::workflows {

/// How many attempts a node runs at once. A label that is named here has slots
/// of its own; all other attempts share those of the pool without a name.
struct slot_limits {
  std::uint32_t slots = 16;
  std::map<std::string, std::uint32_t> labels{};
};

/// An attempt's wish.
struct slot_claim {
  std::string attempt; ///< Its id: make_attempt_id.
  std::string loop;
  std::string label;
  std::uint32_t priority = 0;   ///< Higher goes first.
  std::uint32_t loop_limit = 0; ///< Attempts of the loop at once; 0: no bound.
  time_point since;             ///< Older ones of a loop go first.
};

/// Slots of one pool, for people.
struct pool_view {
  std::string label; ///< Empty: the shared one.
  std::uint32_t slots = 0;
  std::uint32_t held = 0;
  std::uint64_t waiting = 0;
};

/// Of so many slots that a pool gives out, one ignores priorities.
inline constexpr std::uint64_t open_turn = 4;

/// Gives out the slots of a node. A plain value: no clock, no thread.
///
/// A free slot goes to
///   1. the highest priority that waits, but on every fourth turn of the pool
///      (`open_turn`) to any;
///   2. of these to the loop that holds the fewest slots of the pool, among
///      equals to the one that was given one the longest ago;
///   3. of the loop to its oldest attempt with that priority, on an open turn
///      to its oldest.
/// A loop that runs as many attempts as it may (`loop_limit`, the last one
/// that was said) is passed over.
///
/// What follows, for a loop that may run one more, where n loops ask for slots
/// of the pool:
/// - No loop is given a slot while another with the same priority waits and
///   holds fewer. So long waits are shared equally, whatever is queued.
/// - A loop that holds no slot is given one at the latest by turn n if it has
///   the highest priority, and by turn 4 n whatever its priority is.
///
/// If one loop could be given slots of several pools at once but may run only
/// one more attempt, its oldest choice goes first.
///
/// Cost: every call O(log of what waits) for one label.
class dispatcher {
public:
  explicit dispatcher(const slot_limits& limits);
  ~dispatcher();
  dispatcher(dispatcher&&) noexcept;
  dispatcher& operator=(dispatcher&&) noexcept;

  /// The attempt waits from now on. Nothing new for one that waits or holds.
  void claim(const slot_claim& claim);

  /// The attempt holds a slot from now on, above the limits if need be: it
  /// runs already. Nothing new for one that holds.
  void take(const slot_claim& claim);

  /// The attempt neither waits nor holds any more; harmless if it did not.
  void release(std::string_view attempt);

  /// Gives out the next slot, and says to which attempt; nothing if none can
  /// be given now.
  [[nodiscard]] std::optional<std::string> grant();

  [[nodiscard]] bool holds(std::string_view attempt) const;
  [[nodiscard]] bool waits(std::string_view attempt) const;

  /// The name of the pool that attempts with this label draw on.
  [[nodiscard]] std::string pool_of(const std::string& label) const;
  /// The shared pool first, then by label.
  [[nodiscard]] std::vector<pool_view> pools() const;

private:
  struct pool;
  struct loop_entry;
  struct share;
  struct ticket;
  using age = std::pair<time_point, std::uint64_t>;

  ticket& add(const slot_claim& claim);
  share& share_of(pool& in, const std::string& loop);
  void set_limit(loop_entry& loop, std::uint32_t limit);
  void hold(ticket& held);
  /// Whose turn it is in a pool, if it has a slot to give.
  [[nodiscard]] static ticket* pick(const pool& from);

  std::vector<std::unique_ptr<pool>> pools_; ///< The shared one first.
  std::map<std::string, std::unique_ptr<loop_entry>> loops_;
  std::unordered_map<std::string, std::unique_ptr<ticket>> tickets_;
  std::uint64_t last_number_ = 0; ///< Tickets, as they came.
};

} // namespace ratchet::workflows
