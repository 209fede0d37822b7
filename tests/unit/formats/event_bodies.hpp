#pragma once

#include "formats/event_parser.hpp"
#include "storage/event_codec.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

/// What the tests of the event parser share: two loops, a moment, and readers
/// of what came out.

namespace ratchet::formats::test {

/// 2026-08-22T10:15:30.000Z
inline const time_point received = from_ms(1'787'393'730'000);

inline const loop_table& loops() {
  using workflows::value_type;
  static const loop_table table = [] {
    workflows::loop_definition digits;
    digits.name = "digits";
    digits.channels = {
      {"verdict", value_type::boolean, {}, {}, {}},
      {"score", value_type::number, {}, 0.0, 1.0},
      {"delta", value_type::number, {}, {}, {}},
      {"correction", value_type::category, {"0", "1", "2", "3"}, {}, {}},
      {"mood", value_type::category, {"happy", "sad"}, {}, {}},
      {"comment", value_type::text, {}, {}, {}},
    };
    workflows::loop_definition other = digits;
    other.name = "other";
    return loop_table{{"digits", digits}, {"other", other}};
  }();
  return table;
}

inline result<parsed_body> parse(std::string body, std::string loop = {}) {
  static event_parser parser;
  return parser.parse(body, loops(), loop, received);
}

/// The events of a body that must be sound.
inline std::vector<event> events_of(const parsed_body& body) {
  std::vector<event> events;
  for (const auto& batch : body.batches)
    for (const auto& slot : batch.slots) {
      auto decoded = storage::decode_event(batch.encoded(slot));
      REQUIRE(decoded);
      events.push_back(*decoded);
    }
  return events;
}

inline std::vector<event> accepted(const std::string& body) {
  const auto parsed = parse(body, "digits");
  INFO(body);
  REQUIRE(parsed);
  for (const auto& r : parsed->rejected)
    UNSCOPED_INFO(r.message);
  REQUIRE(parsed->rejected.empty());
  return events_of(*parsed);
}

/// The one rejection of a body with one event.
inline rejected_event rejection(const std::string& body) {
  INFO(body);
  const auto parsed = parse(body, "digits");
  REQUIRE(parsed);
  REQUIRE(parsed->rejected.size() == 1);
  CHECK(parsed->batches.empty());
  return parsed->rejected[0];
}

inline std::string interaction(const std::string& more = {}) {
  return R"({"kind":"interaction","id":"i1")" +
    (more.empty() ? more : "," + more) + "}";
}
inline std::string feedback(
  const std::string& channel, const std::string& value,
  const std::string& more = {}) {
  return R"({"kind":"feedback","id":"f1","interaction_id":"i1","channel":")" +
    channel + R"(","value":)" + value + (more.empty() ? more : "," + more) +
    "}";
}

} // namespace ratchet::formats::test
