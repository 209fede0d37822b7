#include "api/body_reader.hpp"

#include <utility>

namespace ratchet::api {
namespace {

constexpr std::size_t max_text_bytes = 4096;

std::string in_quotes(std::string_view name) {
  return "\"" + std::string{name} + "\"";
}

} // namespace

body_reader::body_reader(std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return;
  auto parsed = parse_json(body, "the body");
  if (!parsed)
    fail(parsed.err().message);
  else if (!parsed->is_object())
    fail("the body must be a JSON object");
  else
    object_ = std::move(*parsed);
}

std::string body_reader::text(const char* name) {
  const auto* value = take(name);
  if (value == nullptr)
    return {};
  if (!value->is_string()) {
    fail(in_quotes(name) + " must be a string");
    return {};
  }
  auto out = value->get<std::string>();
  if (out.size() > max_text_bytes)
    fail(in_quotes(name) + " is longer than 4096 bytes");
  return out;
}

std::uint64_t body_reader::number(const char* name) {
  const auto* value = take(name);
  if (value == nullptr)
    return 0;
  if (!value->is_number_unsigned()) {
    fail(in_quotes(name) + " must be a whole number, 0 or more");
    return 0;
  }
  return value->get<std::uint64_t>();
}

bool body_reader::flag(const char* name) {
  const auto* value = take(name);
  if (value == nullptr)
    return false;
  if (!value->is_boolean()) {
    fail(in_quotes(name) + " must be true or false");
    return false;
  }
  return value->get<bool>();
}

json body_reader::object(const char* name) {
  const auto* value = take(name);
  if (value == nullptr)
    return json::object();
  if (!value->is_object()) {
    fail(in_quotes(name) + " must be an object");
    return json::object();
  }
  return *value;
}

json body_reader::value(const char* name) {
  const auto* found = take(name);
  return found == nullptr ? json{} : *found;
}

std::vector<std::uint64_t>
body_reader::numbers(const char* name, std::size_t most) {
  std::vector<std::uint64_t> out;
  const auto* value = take(name);
  if (value == nullptr)
    return out;
  if (!value->is_array() || value->size() > most) {
    fail(
      in_quotes(name) + " must be a list of at most " + std::to_string(most) +
      " numbers");
    return out;
  }
  for (const auto& each : *value)
    if (each.is_number_unsigned() && each != 0)
      out.push_back(each.get<std::uint64_t>());
    else
      fail(in_quotes(name) + " must hold whole numbers from 1 on");
  return out;
}

void body_reader::require(bool present, const char* name, const char* why) {
  if (!present)
    fail(in_quotes(name) + " is missing: " + why);
}

void body_reader::fail(std::string message) {
  if (mistake_.empty())
    mistake_ = std::move(message);
}

result<void> body_reader::finish() {
  for (const auto& [name, value] : object_.items()) {
    if (known_.find(in_quotes(name)) == std::string::npos)
      fail(
        "there is no field " + in_quotes(name) + " here; there are " + known_);
  }
  if (mistake_.empty())
    return {};
  return error{errc::invalid_argument, mistake_};
}

const json* body_reader::take(const char* name) {
  known_ += (known_.empty() ? "" : ", ") + in_quotes(name);
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

} // namespace ratchet::api
