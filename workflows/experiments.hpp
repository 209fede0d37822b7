#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "workflows/stage.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Experiments of a loop, as its iterations and its control state see them: who
/// waits for one, which one runs, and how it ended. What the units say is the
/// matter of another record (storage/experiment_store.hpp).
///
/// A loop runs one experiment at a time, because all of them share the traffic
/// and are against the same champion; those of other iterations wait, in the
/// order in which they came.
///
///   iteration                         loop
///   experiment_awaited  --asks-->     experiment_requested, experiment_begun
///                                     ... traffic ...
///   experiment_decided  <--tells--    experiment_ended
///
/// Whoever asks again, as an iteration does after a restart, gets the same
/// answer: attempts have numbers.

namespace ratchet::workflows {

/// How an experiment ended. On disk: never renumber.
enum class experiment_outcome : std::uint8_t {
  promote = 1,            ///< A challenger won.
  keep_champion = 2,      ///< None did, until the cap.
  rolled_back = 3,        ///< They did harm.
  invalid = 4,            ///< The arms cannot be compared.
  canceled = 5,           ///< The iteration left, or the champion was moved.
  nothing_to_compare = 6, ///< It never began: no champion, or the same.
};

/// "promote", "keep_champion", ...
[[nodiscard]] std::string_view to_string(experiment_outcome outcome);

struct experiment_verdict {
  experiment_number experiment; ///< 0: it never began.
  experiment_outcome outcome = experiment_outcome::canceled;
  version_number champion; ///< What was compared with; 0: none.
  /// promote: who won. canceled: the challenger that an operator made champion
  /// meanwhile. nothing_to_compare: of several, the one to go on with. Else 0.
  version_number winner;
  std::string sentence;

  friend bool
  operator==(const experiment_verdict&, const experiment_verdict&) = default;
};

/// True if what comes after the experiment goes on, with the winner or with
/// what there is; else the stage refuses, as a gate does.
[[nodiscard]] bool lets_pass(const experiment_verdict& verdict);

/// What the stage records: verdict, experiment, champion, winner, which is also
/// its version, for what comes after it.
[[nodiscard]] stage_result experiment_output(const experiment_verdict& verdict);

/// The champion that a promotion after the stage must find, from what that
/// recorded: the one it was compared with, or the challenger that an operator
/// made champion meanwhile.
[[nodiscard]] version_number champion_after(const stage_result& output);

// Of an iteration -----------------------------------------------------------

/// Events; see iteration.hpp.

struct experiment_awaited {
  std::string stage;
  std::uint32_t attempt = 1; ///< Each one is an experiment of its own.
  time_point at;

  friend bool
  operator==(const experiment_awaited&, const experiment_awaited&) = default;
};
struct experiment_decided {
  std::string stage;
  std::uint32_t attempt = 1;
  experiment_verdict verdict;
  time_point at;

  friend bool
  operator==(const experiment_decided&, const experiment_decided&) = default;
};

/// Commands, from the loop.

struct decide_experiment {
  std::string stage;
  std::uint32_t attempt = 1;
  experiment_verdict verdict;
};
struct fail_experiment { ///< It cannot be had.
  std::string stage;
  std::uint32_t attempt = 1;
  attempt_failure failure;
};

/// Effects.

struct ask_experiment {
  std::string stage;
  std::uint32_t attempt = 1;
};
/// The stage does not wait for it any more.
struct leave_experiment {
  std::string stage;
  std::uint32_t attempt = 1;
};

// Of a loop -----------------------------------------------------------------

struct experiment_request {
  iteration_number iteration;
  std::string stage;
  std::uint32_t attempt = 1;
  std::string fingerprint;                 ///< Of the definition that says how.
  std::vector<version_number> challengers; ///< The best by the gates first.

  friend bool
  operator==(const experiment_request&, const experiment_request&) = default;
};

/// Events; see loop_state.hpp.

/// It begins when none runs: at once, or in its turn.
struct experiment_requested {
  experiment_request request;
  time_point at;

  friend bool operator==(
    const experiment_requested&, const experiment_requested&) = default;
};
/// From here on its arms are served.
struct experiment_begun {
  experiment_number number;
  experiment_request request;
  version_number champion;
  /// Of the experiments before it, those that ended with a promotion: what it
  /// may spend of the error budget depends on both.
  std::uint64_t won_before = 0;
  time_point at;

  friend bool
  operator==(const experiment_begun&, const experiment_begun&) = default;
};
/// From here on only the champion is served.
struct experiment_ended {
  iteration_number iteration;
  std::string stage;
  std::uint32_t attempt = 1;
  experiment_verdict verdict;
  time_point at;

  friend bool
  operator==(const experiment_ended&, const experiment_ended&) = default;
};

/// Commands.

struct want_experiment { ///< By an iteration.
  experiment_request request;
};
struct quit_experiment { ///< By an iteration.
  iteration_number iteration;
  std::string stage;
  std::uint32_t attempt = 1;
};
struct end_experiment { ///< By who follows it: the verdict is final.
  experiment_verdict verdict;
};

} // namespace ratchet::workflows
