#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "storage/event_batch.hpp"
#include "workflows/definition.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Where events come in: one request body becomes batches for the journal, one
/// per loop. The wire format is in docs/formats/events.md.

namespace ratchet::formats {

/// Why one event of a body was refused. The names are stable: clients act on
/// them.
enum class reject_code : std::uint8_t {
  malformed_json, ///< This line of an NDJSON body is no JSON object.
  unknown_kind,   ///< Neither "interaction" nor "feedback".
  unknown_loop,
  unknown_channel,
  unknown_field,   ///< A typing error, or a field of the other kind.
  duplicate_field, ///< The same key twice.
  missing_field,
  wrong_type,
  out_of_range,
  not_finite,  ///< NaN, an infinity, or a number like 1e999.
  future_time, ///< More than `limits::clock_skew` ahead.
  invalid_utf8,
  invalid_character, ///< A control character in an identifier.
  too_long,
  too_deep,
};

/// "unknown_loop".
[[nodiscard]] std::string_view to_string(reject_code code);

/// What an event may be. Documented for clients: docs/formats/events.md.
namespace limits {
constexpr std::size_t id_bytes = 256; ///< id, interaction_id, subject.
constexpr std::size_t slice_count = 16;
constexpr std::size_t slice_bytes = 128; ///< A slice's name, or its value.
constexpr std::size_t text_bytes = 16UL * 1024;
constexpr std::size_t json_bytes = 256UL * 1024; ///< input, output: each.
constexpr std::size_t metadata_bytes = 16UL * 1024;
constexpr std::size_t event_bytes = 1024UL * 1024;
constexpr std::size_t events_per_body = 100'000;
constexpr std::size_t depth = 64; ///< Of the JSON in an event.
constexpr duration clock_skew = std::chrono::minutes{5};
} // namespace limits

struct rejected_event {
  std::size_t index = 0; ///< Place in the body, from 0; blank lines are none.
  std::string id;        ///< As far as it could be read, else empty.
  reject_code code = reject_code::malformed_json;
  std::string message; ///< Names the field, or line and byte.

  friend bool
  operator==(const rejected_event&, const rejected_event&) = default;
};

struct parsed_body {
  std::vector<storage::event_batch> batches; ///< One per loop; none is empty.
  std::vector<rejected_event> rejected;      ///< By index.
  std::size_t events = 0;                    ///< Accepted and rejected.
};

using loop_table =
  std::map<std::string, workflows::loop_definition, std::less<>>;

/// Reads request bodies; keeps its buffers from one to the next.
///
/// Threads: one at a time; have one per thread.
/// Cost:    about 10,000 instructions for an event of 300 bytes with 30 values,
///          a sixth of them simdjson's search for tokens: one microsecond, more
///          or less by machine (benchmarks/parse_bench.cpp). No allocation per
///          event.
class event_parser {
public:
  event_parser();
  event_parser(event_parser&&) noexcept;
  event_parser& operator=(event_parser&&) noexcept;
  ~event_parser();

  /// Reads `body`: events one per line (NDJSON), one JSON array of them, or one
  /// object; which, is seen from the content. An event that does not say its
  /// loop belongs to `default_loop`, if that is not empty.
  ///
  /// Shape:  `body` is scratch: it gets 64 bytes of spare capacity if it lacks
  ///         them (reserve them to save a copy), and bytes that are no UTF-8
  ///         may be overwritten.
  /// Errors: of the body as a whole, and nothing of it is used:
  ///         `invalid_argument` if it is empty, or if the array or the single
  ///         object is malformed, naming the byte; `resource_limit` if it has
  ///         more than `limits::events_per_body` events.
  ///         Anything else costs one event, which is `rejected`; a malformed
  ///         line of NDJSON too.
  [[nodiscard]] result<parsed_body> parse(
    std::string& body, const loop_table& loops, std::string_view default_loop,
    time_point received);

private:
  class engine;
  std::unique_ptr<engine> engine_;
};

} // namespace ratchet::formats
