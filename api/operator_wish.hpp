#pragma once

#include "actors/client.hpp"
#include "api/body_reader.hpp"
#include "workflows/definition.hpp"

namespace ratchet::api {

/// What a verb wants to be told besides who and why.
struct wants {
  bool reason = false; ///< Must be given.
  bool who = false;    ///< The same.
  bool iteration = false;
  bool version = false;
  bool stage = false;
  bool one_stage = false; ///< It must be given.
  bool at_once = false;
  bool labels = false;
  bool only_labels = false; ///< They must be given, and may be null.
  bool signal = false;
};

/// Of the verbs that are about iterations, one or several.
inline constexpr wants cancel_wants{.reason = true};
inline constexpr wants retry_wants{.stage = true};
inline constexpr wants skip_wants{
  .reason = true, .stage = true, .one_stage = true};
inline constexpr wants approve_wants{.who = true, .stage = true};
inline constexpr wants reject_wants{.reason = true, .who = true, .stage = true};
inline constexpr wants signal_wants{.signal = true};
inline constexpr wants pause_wants{.at_once = true};
inline constexpr wants resume_wants{};
inline constexpr wants label_wants{.labels = true, .only_labels = true};

/// Reads what the body says of a wish for `loop`; the mistakes are told by the
/// body's `finish`.
void read_wish(
  body_reader& body, const workflows::loop_definition& loop, const wants& what,
  actors::operator_request& wish);

} // namespace ratchet::api
