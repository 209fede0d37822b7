#pragma once

#include "formats/event_parser.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// Between the JSON of an event and what it means: the fields as they were
/// found (event_reader.hpp), and the rules they must meet.

namespace ratchet::formats::detail {

enum class field : std::uint8_t {
  kind,
  id,
  loop,
  subject,
  metadata,
  time,
  version,
  arm,
  propensity,
  slice,
  input,
  output,
  interaction_id,
  channel,
  value,
};
constexpr std::size_t field_count = 15;

[[nodiscard]] std::string_view to_string(field f);
[[nodiscard]] std::optional<field> find_field(std::string_view key);
/// The same for a key as it stands in the body: `key` is behind its first
/// quote, with 16 readable bytes. None if it is unknown or has an escape.
[[nodiscard]] std::optional<field> find_raw_field(const char* key);

class field_set {
public:
  [[nodiscard]] bool has(field f) const { return (bits_ & bit(f)) != 0; }
  void add(field f) { bits_ |= bit(f); }
  /// The first field, in the order of declaration, that `allowed` lacks.
  [[nodiscard]] std::optional<field> first_not_in(field_set allowed) const;

private:
  static std::uint32_t bit(field f) {
    return std::uint32_t{1} << static_cast<unsigned>(f);
  }
  std::uint32_t bits_ = 0;
};

/// A scalar as JSON has it.
using scalar = std::variant<bool, double, std::int64_t, std::string_view>;

struct problem {
  reject_code code = reject_code::malformed_json;
  std::string message;
};

/// What stands in an event. Views live until the next event is read.
struct event_fields {
  field_set seen;
  field_set given; ///< Seen, and not null.
  field_set texts; ///< Those whose `text` is of this event.
  std::array<std::string_view, field_count> text; ///< Strings and raw JSON.
  scalar time;
  scalar value;
  std::int64_t version = 0;
  double propensity = 0;
  std::vector<std::pair<std::string_view, std::string_view>> slices;
  std::size_t bytes = 0;
  std::optional<problem> first_problem;

  [[nodiscard]] std::string_view text_of(field f) const {
    return texts.has(f) ? text[static_cast<std::size_t>(f)]
                        : std::string_view{};
  }
  void set_text(field f, std::string_view t) {
    texts.add(f);
    text[static_cast<std::size_t>(f)] = t;
  }
  void refuse(reject_code code, std::string message) {
    if (!first_problem)
      first_problem = problem{code, std::move(message)};
  }
  void refuse(field f, reject_code code, std::string_view why) {
    refuse(
      code, "field \"" + std::string{to_string(f)} + "\": " + std::string{why});
  }
  /// For the next event.
  void clear();
};

/// Turns fields into events by the rules of one request.
class event_rules {
public:
  event_rules(
    const loop_table& loops, std::string_view default_loop, time_point received)
      : loops_(loops), default_loop_(default_loop), received_(received) {}

  /// Fills `view` from sound `fields`, and tells the loop; else refuses them
  /// with the first rule they break, and tells null.
  [[nodiscard]] const workflows::loop_definition*
  apply(event_fields& fields, storage::event_view& view);

private:
  void check_common(event_fields& fields, storage::event_view& view);
  void check_time(event_fields& fields, storage::event_view& view) const;
  void check_interaction(event_fields& fields, storage::event_view& view);
  void check_feedback(
    event_fields& fields, const workflows::loop_definition& loop,
    storage::event_view& view);
  void check_value(
    event_fields& fields, const workflows::channel_definition& channel,
    storage::event_view& view);
  [[nodiscard]] const workflows::loop_definition*
  find_loop(event_fields& fields);

  const loop_table& loops_;
  std::string_view default_loop_;
  time_point received_;
  /// Bodies are mostly of one loop: the last one found.
  const workflows::loop_definition* last_loop_ = nullptr;
  std::array<char, 24> label_{}; ///< An integer category, as its label.
};

} // namespace ratchet::formats::detail
