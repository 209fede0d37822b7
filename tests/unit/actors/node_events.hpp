#pragma once

#include "base/event.hpp"
#include "storage/event_batch.hpp"

#include <string>
#include <vector>

/// Events for tests of the node: interaction "i-<n>", and "f-<n>" that likes
/// it on the boolean channel "ok".

namespace ratchet::test {

inline storage::event_view view_of(const event& e) {
  storage::event_view view;
  view.kind = e.kind;
  view.id = e.id;
  view.interaction_id = e.interaction_id;
  view.channel = e.channel;
  view.value = std::get<bool>(e.value);
  view.version = e.version;
  view.input = e.input;
  return view;
}

inline storage::event_batch events_of(
  const std::string& loop, const std::vector<event>& events,
  time_point received = from_ms(1'000'000)) {
  storage::event_batch batch;
  batch.loop = loop;
  batch.received = received;
  std::uint32_t index = 0;
  for (const auto& e : events)
    batch.add(view_of(e), index++);
  return batch;
}

inline event served(int n) {
  event e;
  e.kind = event_kind::interaction;
  e.id = "i-" + std::to_string(n);
  e.version = version_number{1};
  return e;
}

inline event liked(int n, bool value = true) {
  event e;
  e.kind = event_kind::feedback;
  e.id = "f-" + std::to_string(n);
  e.interaction_id = "i-" + std::to_string(n);
  e.channel = "ok";
  e.value = value;
  return e;
}

} // namespace ratchet::test
