#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "workflows/fan_out_options.hpp"
#include "workflows/stage.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// Stages that run once for each of many items (`.for_each`).
///
/// An item's run is a *unit*: a stage in small, with attempts, retries,
/// time-outs, a log and a slot of its own. Its name is the stage's with the
/// item's index, `train[3]`, and wherever events, commands, effects and
/// operators name a stage they may name a unit. So what holds for the attempts
/// of a stage holds for those of a unit.
///
/// The items are fixed by an event when the stage's turn comes: a retry and a
/// restart see the same list. An operator who resets the stage has it made
/// anew.
///
/// Cost: a decision about a unit looks at that unit and at those that are
///   under way, never at all: n items take time in proportion to n.

namespace ratchet::workflows {

/// Bounds of a list of items.
inline constexpr std::size_t most_items = 10'000;
inline constexpr std::size_t longest_item = 256; ///< Bytes.
/// Units of one stage that are under way at once.
inline constexpr std::uint32_t most_parallel = 1'000;

/// "train[3]". Stage names hold no brackets.
[[nodiscard]] std::string
unit_name(std::string_view stage, std::uint32_t index);

/// What a name stands for: a stage, or one item of it.
struct unit_ref {
  std::string_view stage;
  std::optional<std::uint32_t> index;
};
/// `name` must outlive the answer. What only looks like a unit (`train[x]`) is
/// taken for a stage, of which there is none.
[[nodiscard]] unit_ref parse_unit(std::string_view name);

/// The id of an attempt of a stage or of a unit: "digits.7.train.2",
/// "digits.7.train@3.2". Without the brackets, which shells, globs and URLs
/// read in their own ways; `@` is in no stage's name either.
[[nodiscard]] std::string unit_attempt_id(
  const std::string& loop, iteration_number iteration, const std::string& unit,
  std::uint32_t attempt);
/// Takes such an id apart; `stage` is the stage's or the unit's name.
[[nodiscard]] std::optional<attempt_name>
read_unit_attempt_id(std::string_view id);

/// Events of fan-out; see iteration.hpp.

/// The stage's turn has come, and its items are being looked up.
struct items_awaited {
  std::string stage;
  std::uint32_t attempt = 1;
  time_point at;

  friend bool operator==(const items_awaited&, const items_awaited&) = default;
};
/// These are the items.
struct items_fixed {
  std::string stage;
  std::uint32_t attempt = 1; ///< How often they were looked up.
  time_point at;
  std::vector<std::string> items;

  friend bool operator==(const items_fixed&, const items_fixed&) = default;
};

/// Commands of fan-out.

/// What was looked up.
struct fix_items {
  std::string stage;
  std::uint32_t attempt = 1;
  std::vector<std::string> items;
};
/// They cannot be looked up.
struct fail_items {
  std::string stage;
  std::uint32_t attempt = 1;
  attempt_failure failure;
};

/// How many units are where. The rest has not begun.
struct unit_counts {
  std::uint32_t running = 0;
  std::uint32_t waiting = 0; ///< For a slot, a retry, or in their middle.
  std::uint32_t succeeded = 0;
  std::uint32_t failed = 0; ///< For good.
  std::uint32_t skipped = 0;
  std::uint32_t canceled = 0;

  [[nodiscard]] std::uint32_t under_way() const { return running + waiting; }
  [[nodiscard]] std::uint32_t begun() const {
    return under_way() + succeeded + failed + skipped + canceled;
  }
  void add(stage_status status);
  void remove(stage_status status);

  friend bool operator==(const unit_counts&, const unit_counts&) = default;

private:
  std::uint32_t* of(stage_status status);
};

/// The items of a stage and their units; of one that was reset, no items.
struct fan_out {
  std::vector<std::string> items;
  std::vector<stage_state> units; ///< By index, as `items`.
  unit_counts counts;
  std::set<std::uint32_t> under_way; ///< Begun, and not at their ends.
  std::uint32_t next = 0;            ///< No unit before it is pending.
  /// The highest attempt of any unit before the items were fixed. Attempt
  /// numbers go on from it: they name directories and child processes.
  std::uint32_t attempts_before = 0;

  friend bool operator==(const fan_out&, const fan_out&) = default;

  /// New items, none begun.
  void fix(std::vector<std::string> list);
  /// Keeps account of a unit whose status was `before`.
  void account(std::uint32_t index, stage_status before);
  /// Forgets the items.
  void reset();
};

/// Why `items` cannot be fixed; empty: they can. At most `most_items`, each of
/// 1 to `longest_item` bytes without control bytes, none twice.
[[nodiscard]] std::string check_items(const std::vector<std::string>& items);

/// A JSON array of strings, as an earlier stage records it.
/// Errors: `invalid_argument`: no such array, with the place.
[[nodiscard]] result<std::vector<std::string>>
parse_item_list(std::string_view json);

/// True once so many units have failed that the stage cannot succeed.
[[nodiscard]] bool is_doomed(
  const fan_out_options& options, std::size_t items, const unit_counts& counts);

} // namespace ratchet::workflows
