#include "formats/detail/event_fields.hpp"

namespace ratchet::formats {

std::string_view to_string(reject_code code) {
  switch (code) {
  case reject_code::malformed_json:
    return "malformed_json";
  case reject_code::unknown_kind:
    return "unknown_kind";
  case reject_code::unknown_loop:
    return "unknown_loop";
  case reject_code::unknown_channel:
    return "unknown_channel";
  case reject_code::unknown_field:
    return "unknown_field";
  case reject_code::duplicate_field:
    return "duplicate_field";
  case reject_code::missing_field:
    return "missing_field";
  case reject_code::wrong_type:
    return "wrong_type";
  case reject_code::out_of_range:
    return "out_of_range";
  case reject_code::not_finite:
    return "not_finite";
  case reject_code::future_time:
    return "future_time";
  case reject_code::invalid_utf8:
    return "invalid_utf8";
  case reject_code::invalid_character:
    return "invalid_character";
  case reject_code::too_long:
    return "too_long";
  case reject_code::too_deep:
    return "too_deep";
  }
  return "malformed_json";
}

namespace detail {

namespace {

constexpr std::array<std::string_view, field_count> names{
  "kind",           "id",      "loop",       "subject", "metadata", "time",
  "version",        "arm",     "propensity", "slice",   "input",    "output",
  "interaction_id", "channel", "value"};

std::optional<field> match(std::string_view key, field candidate) {
  if (key == to_string(candidate))
    return candidate;
  return std::nullopt;
}

} // namespace

std::string_view to_string(field f) {
  return names[static_cast<std::size_t>(f)];
}

/// By length, and then by the first letter that differs: a table lookup of
/// strings costs more than all else that is done with a key.
std::optional<field> find_field(std::string_view key) {
  switch (key.size()) {
  case 2:
    return match(key, field::id);
  case 3:
    return match(key, field::arm);
  case 4:
    return match(
      key,
      key[0] == 'k'     ? field::kind
        : key[0] == 'l' ? field::loop
                        : field::time);
  case 5:
    return match(
      key,
      key[0] == 'v'     ? field::value
        : key[0] == 's' ? field::slice
                        : field::input);
  case 6:
    return match(key, field::output);
  case 7:
    return match(
      key,
      key[0] == 'c'     ? field::channel
        : key[0] == 's' ? field::subject
                        : field::version);
  case 8:
    return match(key, field::metadata);
  case 10:
    return match(key, field::propensity);
  case 14:
    return match(key, field::interaction_id);
  default:
    return std::nullopt;
  }
}

std::optional<field> field_set::first_not_in(field_set allowed) const {
  const auto surplus = bits_ & ~allowed.bits_;
  if (surplus == 0)
    return std::nullopt;
  return static_cast<field>(__builtin_ctz(surplus));
}

void event_fields::clear() {
  seen = {};
  given = {};
  text.fill({});
  slices.clear();
  bytes = 0;
  first_problem.reset();
}

} // namespace detail

} // namespace ratchet::formats
