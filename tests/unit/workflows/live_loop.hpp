#pragma once

#include "plans.hpp"

#include "workflows/loop_state.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <variant>
#include <vector>

namespace ratchet::workflows::testing {

inline trigger_inputs joined(std::uint64_t thumbs) {
  return {sequence{2 * thumbs}, {{"thumb", thumbs}}};
}

/// A loop under test that fires after 10 thumbs.
struct loop_under_test {
  loop_definition definition = plan_of({step("train")});
  loop_state state;
  time_point now = from_ms(1'000'000);

  explicit loop_under_test(when_busy busy = when_busy::coalesce) {
    definition.trigger.condition =
      trigger_condition{condition_kind::feedback_count, "thumb", 10, {}, {}};
    definition.trigger.busy = busy;
    must(adopt_loop{});
  }

  std::vector<loop_event> must(const loop_command& command) {
    auto events = decide(definition, state, command, now);
    INFO((events ? std::string{} : events.err().message));
    REQUIRE(events.ok());
    for (const auto& event : *events)
      apply(state, event);
    return *events;
  }
  errc refused(const loop_command& command) {
    const auto before = state;
    const auto events = decide(definition, state, command, now);
    REQUIRE_FALSE(events.ok());
    CHECK(state == before);
    return events.err().code;
  }
};

} // namespace ratchet::workflows::testing
