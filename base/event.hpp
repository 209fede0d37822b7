#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ratchet {

/// On disk for ever: never renumber, never reuse.
enum class event_kind : std::uint8_t {
  interaction = 1, ///< One served inference.
  feedback = 2,    ///< What someone says about an interaction.
};

/// The value of a feedback event; which alternative is right is declared by
/// its channel. A category is its label (the integer n is the label "n").
using feedback_value = std::variant<bool, double, std::string>;

/// One captured event, as an application posted it and the history keeps it.
///
/// Strings are valid UTF-8. `input`, `output` and `metadata` are JSON texts
/// exactly as they were sent, or empty. Interactions use `version`, `arm`,
/// `propensity`, `slices`, `input` and `output`; feedback uses
/// `interaction_id`, `channel` and `value`.
struct event {
  event_kind kind = event_kind::interaction;
  std::string id;             ///< The app's idempotency key, unique per kind.
  std::string interaction_id; ///< Feedback: the interaction it speaks of.
  std::string channel;        ///< Feedback: the channel's name.
  feedback_value value = false;
  std::string subject;    ///< The user, for erasure and stickiness.
  version_number version; ///< The model version that served; 0 is unknown.
  std::string arm;        ///< "champion", "challenger", or empty.
  double propensity = 0;  ///< Probability of that arm; 0 is unknown.
  time_point at;          ///< The app's own time; epoch: not given.
  std::vector<std::pair<std::string, std::string>> slices;
  std::string input;
  std::string output;
  std::string metadata;

  friend bool operator==(const event&, const event&) = default;
};

/// An event with its place in the history.
struct stored_event {
  sequence seq;
  time_point received; ///< When the engine took it in.
  event content;

  friend bool operator==(const stored_event&, const stored_event&) = default;
};

} // namespace ratchet
