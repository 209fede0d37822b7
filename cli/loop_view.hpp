#pragma once

#include "base/clock.hpp"
#include "workflows/iteration.hpp"
#include "workflows/stage.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What the engine says about a loop, as the command line shows it: filled
/// from the API's answers (engine.hpp), drawn by loop_screen.hpp, compared by
/// loop_changes.hpp. Unknown numbers are absent, unknown times the epoch.

namespace ratchet::cli {

/// How the items of a stage stand that runs for each.
struct items_view {
  std::uint64_t total = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t skipped = 0;
  std::uint64_t running = 0;
  std::uint64_t waiting = 0; ///< For a slot, or for the next try.
  struct unit {
    std::string name; ///< "train[3]"
    std::string item;
    workflows::stage_status status = workflows::stage_status::pending;
    std::uint64_t attempt = 0;
    std::string failure;

    friend bool operator==(const unit&, const unit&) = default;
  };
  std::vector<unit> shown; ///< The first that failed or are under way.

  [[nodiscard]] std::uint64_t done() const {
    return succeeded + failed + skipped;
  }

  friend bool operator==(const items_view&, const items_view&) = default;
};

/// "7 of 10 items, 1 failed, 2 run"
[[nodiscard]] std::string items_text(const items_view& items);

/// One stage of an iteration, or of the definition if none has run.
struct stage_view {
  std::string name;
  workflows::stage_status status = workflows::stage_status::pending;
  std::uint64_t attempt = 0;
  std::optional<double> progress; ///< 0 to 1, while it runs.
  /// What the progress line says; queued, waiting: what it waits for.
  std::string note;
  std::string then; ///< waiting: what happens when it is due.
  time_point started;
  time_point ended;
  time_point due; ///< running, waiting: its deadline; backing_off: next try.
  std::string sentence; ///< What a gate or a promotion found.
  std::string failure;  ///< Of the last failed attempt.
  std::string skipped;  ///< "skipped by ada: flaky scores"; empty: it is not.
  /// "compensate", "on_failure", "always"; empty: a stage of the graph.
  std::string cleanup;
  std::optional<items_view> items;

  /// False for cleanup that no end has asked for: there is nothing to show.
  [[nodiscard]] bool counts() const {
    return cleanup.empty() || status != workflows::stage_status::pending;
  }

  friend bool operator==(const stage_view&, const stage_view&) = default;
};

struct iteration_view {
  std::uint64_t number = 0;
  workflows::iteration_outcome outcome = workflows::iteration_outcome::running;
  bool cancel_requested = false;
  std::string ending;        ///< During cleanup: the outcome to come.
  std::uint64_t version = 0; ///< It registered; 0: none yet.
  std::string reason;        ///< Why it was started.
  std::string verdict;       ///< The last gate's sentence, or why it ended.
  time_point started;
  time_point ended;
  std::vector<stage_view> stages; ///< Empty in lists.
  bool paused = false;
  std::string pause; ///< "at once by ada: quiet", if that is told.
  std::map<std::string, std::string> labels;

  friend bool
  operator==(const iteration_view&, const iteration_view&) = default;
};

struct channel_view {
  std::string name;
  std::uint64_t joined = 0; ///< To an interaction, ever.
  std::uint64_t gained = 0; ///< Joined since the last start.
  std::uint64_t needed = 0; ///< For the trigger; 0: it does not look at it.

  friend bool operator==(const channel_view&, const channel_view&) = default;
};

struct champion_view {
  std::uint64_t version = 0; ///< 0: none yet.
  std::uint64_t iteration = 0;
  time_point since;
  /// Metric and its mean over the traffic this version served.
  std::map<std::string, double> metrics;
  /// An alarm takes it back until then; epoch: it was never guarded.
  time_point probation_until{};
  std::string moved_by{}; ///< "probation", if an alarm made it champion again.
  std::string reason{};   ///< Why it is champion.

  friend bool operator==(const champion_view&, const champion_view&) = default;
};

struct loop_view {
  std::string name;
  bool paused = false;
  std::string trigger;      ///< The verdict's sentence, with numbers.
  std::uint64_t events = 0; ///< Ever stored, of both kinds.
  std::uint64_t kept = 0;   ///< Of these, still stored.
  std::uint64_t stored_bytes = 0;
  std::vector<channel_view> channels;
  champion_view champion;
  std::vector<stage_view> stages;         ///< Of the newest iteration.
  std::vector<iteration_view> iterations; ///< Newest first.

  friend bool operator==(const loop_view&, const loop_view&) = default;
};

} // namespace ratchet::cli
