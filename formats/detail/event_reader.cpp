#include "formats/detail/event_reader.hpp"

#include <algorithm>
#include <limits>

namespace ratchet::formats::detail {

namespace {

using simdjson::error_code;
using simdjson::ondemand::json_type;
using simdjson::ondemand::number;
using simdjson::ondemand::number_type;

std::string_view type_name(json_type type) {
  switch (type) {
  case json_type::array:
    return "an array";
  case json_type::object:
    return "an object";
  case json_type::number:
    return "a number";
  case json_type::string:
    return "a string";
  case json_type::boolean:
    return "a boolean";
  case json_type::null:
    return "null";
  }
  return "something else";
}

std::string_view trim_end(std::string_view text) {
  const auto last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last + 1);
}

/// What stands from `start` to the next token of the document.
error_code text_since(
  const char* start, simdjson::ondemand::value& v, std::string_view& out) {
  const char* next = nullptr;
  if (const auto e = v.current_location().get(next))
    return e;
  out = trim_end({start, static_cast<std::size_t>(next - start)});
  return simdjson::SUCCESS;
}

/// Passes over a null, checking its spelling.
error_code pass_null(simdjson::ondemand::value& v) {
  bool null = false;
  if (const auto e = v.is_null().get(null))
    return e;
  return null ? simdjson::SUCCESS : simdjson::N_ATOM_ERROR;
}

} // namespace

std::string event_reader::where() const {
  if (!current_)
    return {};
  return "field \"" + std::string{to_string(*current_)} + "\": ";
}

error_code event_reader::walk(value v, std::size_t depth) {
  type t{};
  if (const auto e = v.type().get(t))
    return e;
  const bool container = t == json_type::array || t == json_type::object;
  if (container && depth > limits::depth)
    return simdjson::DEPTH_ERROR;
  switch (t) {
  case json_type::array: {
    simdjson::ondemand::array array;
    if (const auto e = v.get_array().get(array))
      return e;
    for (auto element : array) {
      value child;
      if (const auto e = std::move(element).get(child))
        return e;
      if (const auto e = walk(child, depth + 1))
        return e;
    }
    return simdjson::SUCCESS;
  }
  case json_type::object: {
    simdjson::ondemand::object object;
    if (const auto e = v.get_object().get(object))
      return e;
    for (auto member : object) {
      std::string_view key;
      if (const auto e = member.unescaped_key().get(key))
        return e;
      value child;
      if (const auto e = member.value().get(child))
        return e;
      if (const auto e = walk(child, depth + 1))
        return e;
    }
    return simdjson::SUCCESS;
  }
  case json_type::number: {
    number ignored;
    return v.get_number().get(ignored);
  }
  case json_type::string: {
    std::string_view ignored;
    return v.get_string().get(ignored);
  }
  case json_type::boolean: {
    bool ignored = false;
    return v.get_bool().get(ignored);
  }
  case json_type::null:
    return pass_null(v);
  }
  return simdjson::TAPE_ERROR;
}

error_code
event_reader::read(simdjson::ondemand::object object, event_fields& fields) {
  fields.clear();
  for (auto member : object) {
    current_.reset();
    std::string_view key;
    if (const auto e = member.unescaped_key().get(key))
      return e;
    value v;
    if (const auto e = member.value().get(v))
      return e;
    current_ = find_field(key);
    if (!current_) {
      fields.refuse(
        reject_code::unknown_field,
        "field \"" + std::string{key.substr(0, limits::slice_bytes)} +
          "\" is not known; put your own data under \"metadata\"");
      if (const auto e = walk(v, 2))
        return e;
    } else if (const auto e = read_known(v, *current_, fields)) {
      return e;
    }
  }
  return simdjson::SUCCESS;
}

error_code event_reader::read_known(value v, field f, event_fields& fields) {
  if (fields.seen.has(f))
    fields.refuse(f, reject_code::duplicate_field, "stands there twice");
  fields.seen.add(f);
  type t{};
  if (const auto e = v.type().get(t))
    return e;
  // Null is "not given", except where any JSON is welcome.
  const bool any_json = f == field::input || f == field::output;
  if (t == json_type::null && !any_json)
    return pass_null(v);
  fields.given.add(f);
  std::string_view token;
  if (!bad_bytes_.empty())
    token = v.raw_json_token();
  error_code e = simdjson::SUCCESS;
  switch (f) {
  case field::kind:
  case field::id:
  case field::loop:
  case field::subject:
  case field::arm:
  case field::interaction_id:
  case field::channel:
    e = read_text(v, t, f, fields);
    break;
  case field::metadata:
    e = t == json_type::object ? read_raw(v, f, fields)
                               : refuse_type(v, f, "an object", fields);
    break;
  case field::input:
  case field::output:
    e = read_raw(v, f, fields);
    break;
  case field::version:
  case field::propensity:
    e = read_number(v, t, f, fields);
    break;
  case field::slice:
    e = read_slices(v, t, fields);
    break;
  case field::time:
    e = read_scalar(v, t, f, fields.time, fields);
    break;
  case field::value:
    e = read_scalar(v, t, f, fields.value, fields);
    break;
  }
  if (e == simdjson::SUCCESS && !bad_bytes_.empty())
    check_bytes(token.data(), v, fields);
  return e;
}

error_code
event_reader::read_text(value v, type t, field f, event_fields& fields) {
  if (t != json_type::string)
    return refuse_type(v, f, "a string", fields);
  std::string_view text;
  const auto e = v.get_string().get(text);
  fields.set_text(f, text);
  return e;
}

error_code event_reader::read_raw(value v, field f, event_fields& fields) {
  const auto* const start = v.raw_json_token().data();
  if (const auto e = walk(v, 2))
    return e;
  std::string_view text;
  const auto e = text_since(start, v, text);
  fields.set_text(f, text);
  return e;
}

error_code
event_reader::read_number(value v, type t, field f, event_fields& fields) {
  const auto* const expected = f == field::version ? "an integer" : "a number";
  if (t != json_type::number)
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
  return simdjson::SUCCESS;
}

error_code event_reader::read_scalar(
  value v, type t, field f, scalar& out, event_fields& fields) {
  if (t == json_type::string) {
    std::string_view text;
    const auto e = v.get_string().get(text);
    out = text;
    return e;
  }
  if (t == json_type::boolean) {
    bool b = false;
    const auto e = v.get_bool().get(b);
    out = b;
    return e;
  }
  if (t != json_type::number)
    return refuse_type(v, f, "a string, a number or a boolean", fields);
  number n;
  if (const auto e = v.get_number().get(n))
    return e;
  if (n.is_int64())
    out = n.get_int64();
  else
    out = n.as_double();
  return simdjson::SUCCESS;
}

error_code event_reader::read_slices(value v, type t, event_fields& fields) {
  if (t != json_type::object)
    return refuse_type(v, field::slice, "an object of strings", fields);
  simdjson::ondemand::object object;
  if (const auto e = v.get_object().get(object))
    return e;
  for (auto member : object) {
    std::string_view name;
    if (const auto e = member.unescaped_key().get(name))
      return e;
    value child;
    if (const auto e = member.value().get(child))
      return e;
    type child_type{};
    if (const auto e = child.type().get(child_type))
      return e;
    if (child_type != json_type::string) {
      if (
        const auto e = refuse_type(child, field::slice, "strings only", fields))
        return e;
      continue;
    }
    std::string_view text;
    if (const auto e = child.get_string().get(text))
      return e;
    fields.slices.emplace_back(name, text);
  }
  return simdjson::SUCCESS;
}

error_code event_reader::refuse_type(
  value v, field f, std::string_view expected, event_fields& fields) {
  type t{};
  if (const auto e = v.type().get(t))
    return e;
  fields.refuse(
    f, reject_code::wrong_type,
    "expected " + std::string{expected} + ", got " + std::string{type_name(t)});
  return walk(v, 2);
}

void event_reader::check_bytes(
  const char* start, value& v, event_fields& fields) {
  const char* end = nullptr;
  if (v.current_location().get(end) != simdjson::SUCCESS)
    return;
  const auto bad =
    std::lower_bound(bad_bytes_.begin(), bad_bytes_.end(), start);
  if (bad != bad_bytes_.end() && *bad < end)
    fields.refuse(
      *current_, reject_code::invalid_utf8, "holds bytes that are not UTF-8");
}

} // namespace ratchet::formats::detail
