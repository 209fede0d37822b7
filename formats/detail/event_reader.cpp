#include "formats/detail/event_reader.hpp"

#include "formats/detail/json_scan.hpp"

#include <algorithm>
#include <cstring>

namespace ratchet::formats::detail {

namespace {

using simdjson::error_code;
using simdjson::SUCCESS;
using simdjson::ondemand::number;
using value = event_reader::value;

/// The level of an event's fields; the event itself is at 1.
constexpr std::size_t field_depth = 2;

/// The token a value begins with, up to the next one; '\0' never begins one.
std::string_view first_token(value& v) {
  const auto token = v.raw_json_token();
  return token.empty() ? std::string_view{"\0 ", 1} : token;
}

std::string_view type_name(char first) {
  switch (first) {
  case '[':
    return "an array";
  case '{':
    return "an object";
  case '"':
    return "a string";
  case 't':
  case 'f':
    return "a boolean";
  case 'n':
    return "null";
  default:
    return "a number";
  }
}

bool is_number(char first) {
  return first == '-' || (first >= '0' && first <= '9');
}

void trim_end(std::string_view& text) {
  while (!text.empty() &&
         (text.back() == ' ' || text.back() == '\n' || text.back() == '\t' ||
          text.back() == '\r'))
    text.remove_suffix(1);
}

/// simdjson passes over a scalar that nobody read without a look at what comes
/// behind it, and takes a string before a colon for a key.
bool ends_here(std::string_view token) {
  const char next = token.data()[token.size()];
  return next == ',' || next == '}' || next == ']';
}

/// The string that `v` is. Without an escape it is a view of the body, and
/// simdjson passes over it unread: that its end is there, that it is UTF-8 and
/// has no control characters was checked when the tokens were found.
error_code get_text(value& v, std::string_view token, std::string_view& text) {
  if (!ends_here(token))
    return simdjson::TAPE_ERROR;
  trim_end(token);
  const bool whole = token.size() >= 2 && token.back() == '"';
  if (!whole || std::memchr(token.data(), '\\', token.size()) != nullptr)
    return v.get_string().get(text);
  text = token.substr(1, token.size() - 2);
  return SUCCESS;
}

/// Slice names are short and rarely escaped.
error_code get_key(simdjson::ondemand::field& member, std::string_view& key) {
  const char* const start = member.key().raw();
  for (std::size_t size = 0; size < 16; ++size) {
    if (start[size] == '\\')
      break;
    if (start[size] == '"') {
      key = {start, size};
      return SUCCESS;
    }
  }
  return member.unescaped_key().get(key);
}

} // namespace

std::string event_reader::where() const {
  if (!current_)
    return {};
  return "field \"" + std::string{to_string(*current_)} + "\": ";
}

error_code
event_reader::pass(value& v, std::size_t depth, std::string_view& text) {
  text = first_token(v);
  if (text.front() == '{') {
    simdjson::ondemand::object object;
    if (const auto e = v.get_object().get(object))
      return e;
    if (const auto e = object.raw_json().get(text))
      return e;
  } else if (text.front() == '[') {
    simdjson::ondemand::array array;
    if (const auto e = v.get_array().get(array))
      return e;
    if (const auto e = array.raw_json().get(text))
      return e;
  } else if (!ends_here(text)) {
    return simdjson::TAPE_ERROR;
  }
  trim_end(text);
  return is_sound_json(text, limits::depth + 1 - depth) ? SUCCESS
                                                        : simdjson::TAPE_ERROR;
}

error_code
event_reader::read(simdjson::ondemand::object object, event_fields& fields) {
  fields.clear();
  for (auto entry : object) {
    current_.reset();
    simdjson::ondemand::field member;
    if (const auto e = std::move(entry).get(member))
      return e;
    current_ = find_raw_field(member.key().raw());
    if (!current_) {
      if (const auto e = read_unknown(member, fields))
        return e;
    } else if (const auto e = read_known(member.value(), *current_, fields)) {
      return e;
    }
  }
  return SUCCESS;
}

error_code event_reader::read_unknown(
  simdjson::ondemand::field& member, event_fields& fields) {
  std::string_view key;
  if (const auto e = get_key(member, key))
    return e;
  current_ = find_field(key);
  if (current_) // It was spelled with an escape.
    return read_known(member.value(), *current_, fields);
  fields.refuse(
    reject_code::unknown_field,
    "field \"" + std::string{key.substr(0, limits::slice_bytes)} +
      "\" is not known; put your own data under \"metadata\"");
  std::string_view text;
  return pass(member.value(), field_depth, text);
}

error_code event_reader::read_known(value& v, field f, event_fields& fields) {
  if (fields.seen.has(f))
    fields.refuse(f, reject_code::duplicate_field, "stands there twice");
  fields.seen.add(f);
  const auto token = first_token(v);
  // Null is "not given", except where any JSON is welcome.
  if (token.front() == 'n' && f != field::input && f != field::output) {
    std::string_view text;
    return pass(v, field_depth, text);
  }
  fields.given.add(f);
  error_code e = SUCCESS;
  switch (f) {
  case field::kind:
  case field::id:
  case field::loop:
  case field::subject:
  case field::arm:
  case field::interaction_id:
  case field::channel:
    e = read_text(v, token, f, fields);
    break;
  case field::metadata:
    e = token.front() == '{' ? read_raw(v, f, fields)
                             : refuse_type(v, f, "an object", fields);
    break;
  case field::input:
  case field::output:
    e = read_raw(v, f, fields);
    break;
  case field::version:
  case field::propensity:
    e = read_number(v, token.front(), f, fields);
    break;
  case field::slice:
    e = read_slices(v, fields);
    break;
  case field::time:
    e = read_scalar(v, token, f, fields.time, fields);
    break;
  case field::value:
    e = read_scalar(v, token, f, fields.value, fields);
    break;
  }
  if (!bad_bytes_.empty() && e == SUCCESS)
    check_bytes(token, v, fields);
  return e;
}

error_code event_reader::read_text(
  value& v, std::string_view token, field f, event_fields& fields) {
  if (token.front() != '"')
    return refuse_type(v, f, "a string", fields);
  std::string_view text;
  const auto e = get_text(v, token, text);
  fields.set_text(f, text);
  return e;
}

error_code event_reader::read_raw(value& v, field f, event_fields& fields) {
  std::string_view text;
  const auto e = pass(v, field_depth, text);
  fields.set_text(f, text);
  return e;
}

error_code
event_reader::read_number(value& v, char first, field f, event_fields& fields) {
  const auto* const expected = f == field::version ? "an integer" : "a number";
  if (!is_number(first))
    return refuse_type(v, f, expected, fields);
  number n;
  if (const auto e = v.get_number().get(n))
    return e;
  if (f == field::propensity)
    fields.propensity = n.as_double();
  else if (n.is_int64())
    fields.version = n.get_int64();
  else if (n.is_uint64())
    fields.refuse(f, reject_code::out_of_range, "is 2^63 or more");
  else
    fields.refuse(
      f, reject_code::wrong_type, "expected an integer, got a fraction");
  return SUCCESS;
}

error_code event_reader::read_scalar(
  value& v, std::string_view token, field f, scalar& out,
  event_fields& fields) {
  const char first = token.front();
  if (first == '"') {
    std::string_view text;
    const auto e = get_text(v, token, text);
    out = text;
    return e;
  }
  if (first == 't' || first == 'f') {
    bool b = false;
    const auto e = v.get_bool().get(b);
    out = b;
    return e;
  }
  if (!is_number(first))
    return refuse_type(v, f, "a string, a number or a boolean", fields);
  number n;
  if (const auto e = v.get_number().get(n))
    return e;
  if (n.is_int64())
    out = n.get_int64();
  else
    out = n.as_double();
  return SUCCESS;
}

error_code event_reader::read_slices(value& v, event_fields& fields) {
  if (first_token(v).front() != '{')
    return refuse_type(v, field::slice, "an object of strings", fields);
  simdjson::ondemand::object object;
  if (const auto e = v.get_object().get(object))
    return e;
  for (auto entry : object) {
    simdjson::ondemand::field member;
    if (const auto e = std::move(entry).get(member))
      return e;
    std::string_view name;
    if (const auto e = get_key(member, name))
      return e;
    const auto token = first_token(member.value());
    std::string_view text;
    const auto e = token.front() == '"'
      ? get_text(member.value(), token, text)
      : refuse_type(member.value(), field::slice, "strings only", fields);
    if (e)
      return e;
    fields.slices.emplace_back(name, text);
  }
  return SUCCESS;
}

error_code event_reader::refuse_type(
  value& v, field f, std::string_view expected, event_fields& fields) {
  fields.refuse(
    f, reject_code::wrong_type,
    "expected " + std::string{expected} + ", got " +
      std::string{type_name(first_token(v).front())});
  std::string_view text;
  return pass(v, field_depth, text);
}

void event_reader::check_bytes(
  std::string_view token, value& v, event_fields& fields) {
  // Only values that were passed over as a whole may still stand at `token`.
  const auto* end = token.data() + token.size();
  const char* behind = nullptr;
  if (v.current_location().get(behind) == SUCCESS)
    end = std::max(end, behind);
  const auto bad =
    std::lower_bound(bad_bytes_.begin(), bad_bytes_.end(), token.data());
  if (bad != bad_bytes_.end() && *bad < end)
    fields.refuse(
      *current_, reject_code::invalid_utf8, "holds bytes that are not UTF-8");
}

} // namespace ratchet::formats::detail
