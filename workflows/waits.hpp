#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "workflows/definition.hpp"
#include "workflows/stage.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Stages that wait for the world: for a person's yes or no, for a signal, for
/// time to pass. They have no attempts and hold nothing while they wait; each
/// has a deadline, and what then happens is declared.
///
/// Signals belong to an iteration. One that comes before anyone waits for it
/// is kept; each is taken once, by the first stage that waits for its name,
/// the oldest signal first.

namespace ratchet::workflows {

/// Events of waits; see iteration.hpp.

struct wait_started {
  std::string stage;
  time_point at;
  time_point until;

  friend bool operator==(const wait_started&, const wait_started&) = default;
};
struct stage_approved {
  std::string stage;
  std::string who;
  std::string reason;
  time_point at;

  friend bool
  operator==(const stage_approved&, const stage_approved&) = default;
};
struct stage_rejected {
  std::string stage;
  std::string who;
  std::string reason;
  time_point at;

  friend bool
  operator==(const stage_rejected&, const stage_rejected&) = default;
};
struct signal_received {
  std::string signal;
  std::string id; ///< The sender's; empty: it gave none.
  std::string who;
  std::string payload;
  time_point at;

  friend bool
  operator==(const signal_received&, const signal_received&) = default;
};
/// The stage has what it waited for.
struct signal_taken {
  std::string stage;
  std::string signal;
  std::uint32_t number = 0; ///< From 1, in the order they were received.
  time_point at;

  friend bool operator==(const signal_taken&, const signal_taken&) = default;
};
/// The deadline of an approval or of a wait for a signal has passed.
struct wait_timed_out {
  std::string stage;
  wait_outcome outcome = wait_outcome::fail;
  std::string reason; ///< "nobody answered within 1d"
  time_point at;

  friend bool
  operator==(const wait_timed_out&, const wait_timed_out&) = default;
};
struct stage_slept {
  std::string stage;
  time_point at;

  friend bool operator==(const stage_slept&, const stage_slept&) = default;
};

/// Commands of waits.

struct approve_stage { ///< Empty `stage`: the one that waits for it.
  std::string stage;
  std::string who;
  std::string reason;
};
struct reject_stage {
  std::string stage;
  std::string who;
  std::string reason;
};
struct send_signal {
  std::string signal;
  std::string id; ///< The same id is the same signal; empty: a new one.
  std::string who;
  std::string payload;
};
struct pass_deadline { ///< What `stage` waits until has come.
  std::string stage;
};

/// A signal of an iteration.
struct kept_signal {
  std::string signal;
  std::string id;
  std::string who;
  time_point at;
  std::uint32_t event = 0;  ///< The index of its event.
  std::uint64_t digest = 0; ///< Of the payload, which goes when it is taken.
  std::string payload;
  std::string taken_by; ///< Empty: it is still there to be taken.

  friend bool operator==(const kept_signal&, const kept_signal&) = default;
};

/// Bounds of what is sent to one iteration.
inline constexpr std::size_t most_payload_bytes = 64 * 1024;
inline constexpr std::size_t most_signals = 1'000;
/// Of payloads that nobody has taken yet.
inline constexpr std::size_t most_kept_bytes = 1024 * 1024;
inline constexpr std::size_t longest_signal_id = 255;

/// Who approved, rejected or skipped a stage whose deadline passed.
inline constexpr std::string_view timeout_decides = "timeout";
/// The name of the failure of a wait whose deadline passed.
inline constexpr std::string_view wait_timeout = "wait_timeout";

/// What a stage that waited records, for people and for conditions.
///
///   approval         decision "approved" or "rejected", who, reason
///   wait for signal  payload, from, id
[[nodiscard]] stage_result
answer_output(bool approved, const std::string& who, const std::string& reason);
[[nodiscard]] stage_result signal_output(const kept_signal& signal);

/// What a stage is after its deadline.
[[nodiscard]] stage_status status_after(wait_outcome outcome);

[[nodiscard]] std::string_view to_string(wait_outcome outcome);

} // namespace ratchet::workflows
