#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "workflows/definition.hpp"
#include "workflows/drops.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The time after a promotion in which an alarm takes the version back.
///
///   guarded  --alarm, its evidence had before the end--> rolled back
///   guarded  --alarm, its evidence had later----------> raised, and no more
///   guarded  --the champion moves, however------------> over, or begun anew
///   over     --alarm----------------------------------> raised, and no more
///
/// A promotion with `promotion_options::probation` guards the version that it
/// makes champion, if there was a champion before to go back to. What counts is
/// when the engine *had* the feedback that made the alarm, not when somebody
/// came to look: so nothing is missed while no engine runs, and nothing is
/// taken back for what came later. Nor does an acknowledgement end it, which
/// only begins the watch anew; nor a pause, which is about starts.
///
/// The rollback is one record, `champion_moved`, with all numbers of the alarm.
/// The decision that has it does nothing else: what the trigger makes of it is
/// decided after it, on the champion that serves again.

namespace ratchet::workflows {

struct champion_moved;
struct loop_state;
struct trigger_inputs;

/// Who moved the champion, if an alarm did.
inline constexpr std::string_view by_probation = "probation";

/// Why a champion was taken back: the alarm, as the monitor had found it.
struct probation_alarm {
  std::string condition; ///< As text.
  std::string metric;
  drop_rule rule;
  drop_reading reading;
  sequence cursor;  ///< Where the monitor stood.
  time_point since; ///< The promotion.
  time_point until; ///< The probation's end.

  friend bool
  operator==(const probation_alarm&, const probation_alarm&) = default;
};

/// How it stands with the champion.
struct probation_view {
  version_number version;
  version_number previous; ///< That would serve again.
  time_point since;
  time_point until;
};

/// Of a champion that is guarded, or was until `until`; nothing if none ever
/// guarded it.
[[nodiscard]] std::optional<probation_view>
probation_of(const loop_state& state);

/// The rollback that `inputs` give cause for: by the alarm whose evidence was
/// complete first.
[[nodiscard]] std::optional<champion_moved> find_rollback(
  const loop_definition& definition, const loop_state& state,
  const trigger_inputs& inputs, time_point now);

/// One sentence with the numbers: "version 4 was taken back after 5h of its
/// probation of 1d, and version 3 serves again: accuracy of version 4 fell
/// below 0.9: ...".
[[nodiscard]] std::string rollback_sentence(
  const probation_alarm& alarm, version_number from, version_number to);

} // namespace ratchet::workflows
