#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace ratchet::formats {

/// Appends `text` as a JSON string, in quotes. Bytes that are not UTF-8 become
/// U+FFFD, so that whatever comes in (a child's output, a file's name), what
/// comes out is valid JSON.
void append_json_string(std::string& out, std::string_view text);

/// Appends the shortest text that reads back as the same number; `null` for
/// what JSON has no word for (infinities, NaN).
void append_json_number(std::string& out, double value);

/// Appends a complete JSON text as it is, but on one line: line breaks can
/// only stand between its tokens, and become blanks.
void append_json_raw(std::string& out, std::string_view json);

/// Writes JSON by appending to a string; puts the commas and nothing else: who
/// opens closes, and in an object every value has its key.
///
///   json_writer w{out};
///   w.begin_object().field("accepted", 3).key("rejected").begin_array();
///   w.end_array().end_object();   // {"accepted":3,"rejected":[]}
///
/// Threads: one at a time. Cost: a few nanoseconds per value, no allocation of
/// its own.
class json_writer {
public:
  explicit json_writer(std::string& out) : out_(out) {}

  json_writer& begin_object() { return open('{'); }
  json_writer& end_object() { return close('}'); }
  json_writer& begin_array() { return open('['); }
  json_writer& end_array() { return close(']'); }

  json_writer& key(std::string_view name) {
    comma();
    append_json_string(out_, name);
    out_ += ':';
    comma_due_ = false;
    return *this;
  }

  json_writer& value(std::string_view text) {
    comma();
    append_json_string(out_, text);
    return done();
  }
  /// Without this, a literal would rather become a bool than a string_view.
  json_writer& value(const char* text) { return value(std::string_view{text}); }
  json_writer& value(const std::string& text) {
    return value(std::string_view{text});
  }
  json_writer& value(double number) {
    comma();
    append_json_number(out_, number);
    return done();
  }
  template <std::integral Integer>
  json_writer& value(Integer number) {
    comma();
    if constexpr (std::is_same_v<Integer, bool>)
      out_ += number ? "true" : "false";
    else if constexpr (std::is_signed_v<Integer>)
      append_integer(static_cast<std::int64_t>(number));
    else
      append_integer(static_cast<std::uint64_t>(number));
    return done();
  }
  json_writer& null() { return raw("null"); }
  /// Null if there is nothing.
  template <class Value>
  json_writer& value(const std::optional<Value>& v) {
    return v ? value(*v) : null();
  }
  /// A complete JSON text that is known to be valid.
  json_writer& raw(std::string_view json) {
    comma();
    append_json_raw(out_, json);
    return done();
  }

  template <class Value>
  json_writer& field(std::string_view name, const Value& v) {
    return key(name).value(v);
  }
  /// Leaves the field out if there is nothing to say.
  json_writer& field_unless_empty(std::string_view name, std::string_view v) {
    return v.empty() ? *this : field(name, v);
  }

private:
  json_writer& open(char bracket) {
    comma();
    out_ += bracket;
    comma_due_ = false;
    return *this;
  }
  json_writer& close(char bracket) {
    out_ += bracket;
    return done();
  }
  json_writer& done() {
    comma_due_ = true;
    return *this;
  }
  void comma() {
    if (comma_due_)
      out_ += ',';
  }
  void append_integer(std::int64_t number);
  void append_integer(std::uint64_t number);

  std::string& out_;
  bool comma_due_ = false;
};

} // namespace ratchet::formats
