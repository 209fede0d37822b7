#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// The audit log: what operators asked of a loop, and what became of it.

namespace ratchet::workflows {

/// On disk: never renumber.
enum class audit_outcome : std::uint8_t {
  accepted = 1,  ///< In one batch with what it changed.
  unchanged = 2, ///< It was so already.
  refused = 3,   ///< `detail` says why; nothing changed.
};

[[nodiscard]] std::string_view to_string(audit_outcome outcome);

/// The place of an entry in its loop's log: by time, then as they came. Times
/// never go back within a log, whatever the clock does.
struct audit_stamp {
  time_point at;
  std::uint64_t index = 0; ///< Grows with each request, not dense.

  /// That of the next request.
  [[nodiscard]] audit_stamp next(time_point now) const {
    return {now < at ? at : now, index + 1};
  }
  friend auto operator<=>(const audit_stamp&, const audit_stamp&) = default;
};

/// One request of an operator. What does not apply is empty or 0.
struct audit_entry {
  audit_stamp stamp;
  std::string verb; ///< As on the command line: "cancel".
  iteration_number iteration;
  std::string stage;
  version_number version;
  std::string who;
  std::string reason;
  audit_outcome outcome = audit_outcome::accepted;
  /// What was refused, in the words of the answer; which alarm was meant.
  std::string detail;

  friend bool operator==(const audit_entry&, const audit_entry&) = default;
};

} // namespace ratchet::workflows
