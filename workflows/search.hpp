#pragma once

#include "base/clock.hpp"
#include "workflows/iteration.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Which iterations an operator looks for.

namespace ratchet::workflows {

/// Of what an iteration is, besides its outcome. `ended`: anything but
/// running; `asleep`: running, and not in memory (workflows/sleep.hpp);
/// `paused`: running, by an operator's leave.
enum class search_state : std::uint8_t {
  any,
  running,
  asleep,
  paused,
  ended,
  promoted,
  completed,
  rejected,
  failed,
  canceled,
};

/// By its name; none if there is no such state.
[[nodiscard]] std::optional<search_state> parse_search_state(std::string_view);
[[nodiscard]] std::optional<stage_status> parse_stage_status(std::string_view);

/// What all must hold; what is not set holds.
struct iteration_query {
  search_state state = search_state::any;
  /// The iteration is at this stage: it runs, waits or backs off there, or
  /// came to its end there by failure, refusal or cancel. With `status`: the
  /// stage has that.
  std::string stage;
  std::optional<stage_status> status;        ///< Only with a stage.
  time_point since;                          ///< It lived after that.
  time_point until;                          ///< It lived before that.
  std::map<std::string, std::string> labels; ///< It has them all, by now.
  /// Somewhere in what people wrote or read of it: reasons, failures,
  /// sentences, who. ASCII letters match in either case.
  std::string text;
};

/// Whether more than the summary is needed to answer.
[[nodiscard]] bool needs_journal(const iteration_query& query);

/// What the summary alone decides: state but for `asleep`, times and labels.
[[nodiscard]] bool
matches_summary(const iteration_query& query, const iteration_summary& it);

/// The rest. `it` is the fold of `events`.
[[nodiscard]] bool matches_journal(
  const iteration_query& query, const iteration& it,
  const std::vector<iteration_event>& events);

} // namespace ratchet::workflows
