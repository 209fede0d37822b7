#include "formats/detail/event_fields.hpp"

#include <algorithm>
#include <cstring>

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

/// A key and its closing quote, as constants: the compiler makes one or two
/// comparisons of integers of each.
template <std::size_t Size>
bool is(const char* key, const char (&text)[Size]) {
  return std::memcmp(key, text, Size - 1) == 0;
}

} // namespace

std::string_view to_string(field f) {
  return names[static_cast<std::size_t>(f)];
}

std::optional<field> find_field(std::string_view key) {
  const auto found = std::find(names.begin(), names.end(), key);
  if (found == names.end())
    return std::nullopt;
  return static_cast<field>(found - names.begin());
}

/// Keys are half of an event's tokens: this is the quickest way we know.
std::optional<field> find_raw_field(const char* key) {
  const auto only_if = [](bool matches, field f) {
    return matches ? std::optional{f} : std::nullopt;
  };
  switch (key[0]) {
  case 'a':
    return only_if(is(key, "arm\""), field::arm);
  case 'c':
    return only_if(is(key, "channel\""), field::channel);
  case 'i':
    if (is(key, "id\""))
      return field::id;
    if (is(key, "input\""))
      return field::input;
    return only_if(is(key, "interaction_id\""), field::interaction_id);
  case 'k':
    return only_if(is(key, "kind\""), field::kind);
  case 'l':
    return only_if(is(key, "loop\""), field::loop);
  case 'm':
    return only_if(is(key, "metadata\""), field::metadata);
  case 'o':
    return only_if(is(key, "output\""), field::output);
  case 'p':
    return only_if(is(key, "propensity\""), field::propensity);
  case 's':
    if (is(key, "slice\""))
      return field::slice;
    return only_if(is(key, "subject\""), field::subject);
  case 't':
    return only_if(is(key, "time\""), field::time);
  case 'v':
    if (is(key, "value\""))
      return field::value;
    return only_if(is(key, "version\""), field::version);
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
  texts = {};
  slices.clear();
  bytes = 0;
  first_problem.reset();
}

} // namespace detail

} // namespace ratchet::formats
