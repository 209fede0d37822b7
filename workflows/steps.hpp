#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Steps: what an attempt has done for good, by name, and what it waits for in
/// its middle. They belong to a stage, from its first attempt to its end: a
/// retry, a restart or a resumption finds them; an operator who sets the stage
/// back clears them.
///
/// The state keeps where in the journal a value is, not the value: a stage may
/// have 1,000 of 64 KiB each, and every one of its iteration's decisions would
/// carry them along.

namespace ratchet::workflows {

/// On disk: never renumber.
enum class step_kind : std::uint8_t {
  value = 1,  ///< Something was done, and this is what came of it.
  sleep = 2,  ///< A wait for time to pass.
  signal = 3, ///< A wait for a signal.
};

/// What is known of one step.
struct step_memo {
  step_kind kind = step_kind::value;
  /// Index of the event with the value, or with the signal that was taken.
  std::uint32_t event = 0;
  std::uint64_t digest = 0; ///< value: its hash.
  std::string signal;       ///< signal: its name.
  time_point since;         ///< Of a wait.
  time_point until;         ///< Of a wait: its deadline.
  bool over = true;         ///< False: a wait that goes on.
  bool timed_out = false;   ///< signal: none came in time.

  friend bool operator==(const step_memo&, const step_memo&) = default;
};

inline constexpr std::size_t most_steps = 1'000; ///< Of one stage.
inline constexpr std::size_t longest_step_name = 200;
inline constexpr std::size_t most_step_bytes = 64 * 1024;

/// Why `name` cannot name a step; empty: it can. Names are 1 to 200 bytes,
/// without control characters and '/', not "." or "..".
[[nodiscard]] std::string check_step_name(std::string_view name);

/// Events of steps; see iteration.hpp.

struct step_recorded {
  std::string stage;
  std::uint32_t attempt = 1;
  std::string name;
  std::string value; ///< As whoever recorded it wrote it: JSON.
  time_point at;

  friend bool operator==(const step_recorded&, const step_recorded&) = default;
};
/// The attempt has given back its thread and its slot, and goes on when what
/// it waits for has come.
struct attempt_suspended {
  std::string stage;
  std::uint32_t attempt = 1;
  std::string name; ///< Of the step that waits.
  step_kind kind = step_kind::sleep;
  std::string signal; ///< signal: its name.
  time_point until;
  time_point at;

  friend bool
  operator==(const attempt_suspended&, const attempt_suspended&) = default;
};
/// It runs again from its beginning, past what its steps recorded.
struct attempt_resumed {
  std::string stage;
  std::uint32_t attempt = 1;
  std::uint32_t signal = 0; ///< The number of the one it took; 0: it is time.
  time_point at;
  time_point deadline;

  friend bool
  operator==(const attempt_resumed&, const attempt_resumed&) = default;
};

/// Commands of steps.

struct record_step {
  std::string stage;
  std::uint32_t attempt = 1;
  std::string name;
  std::string value;
};
struct suspend_attempt {
  std::string stage;
  std::uint32_t attempt = 1;
  std::string name;
  step_kind kind = step_kind::sleep;
  std::string signal;
  time_point until;
};

} // namespace ratchet::workflows
