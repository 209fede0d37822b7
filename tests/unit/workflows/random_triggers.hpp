#pragma once

#include "seeds.hpp"

#include "workflows/definition.hpp"

#include <chrono>

/// Triggers at random, for the model test of a loop.

namespace ratchet::workflows::testing {

/// One condition, so that starts can be held against their causes.
inline trigger_condition random_condition(dice& random, const drop_rule& rule) {
  using enum condition_kind;
  trigger_condition condition{feedback_count, "thumb", 5, {}, {}};
  if (random.one_in(2))
    return condition;
  condition.kind = random.one_in(2) ? webhook
    : random.one_in(2)              ? promoted
    : random.one_in(2)              ? champion_age
    : random.one_in(2)              ? area
    : random.one_in(2)              ? rolled_back
                                    : drop;
  const bool of_metric = condition.kind == drop || condition.kind == area;
  condition.source = of_metric ? "liked" : "other";
  condition.interval = std::chrono::milliseconds{500};
  condition.drop = rule;
  // A level without it would fire at each question.
  condition.hysteresis =
    condition.kind == champion_age || condition.kind == drop;
  return condition;
}

} // namespace ratchet::workflows::testing
