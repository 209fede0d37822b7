#pragma once

#include "formats/detail/event_fields.hpp"

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ratchet::formats::detail {

/// Reads the fields of one event out of an On-Demand document.
///
/// simdjson finds the tokens, and checks UTF-8, the ends of strings and the
/// structure of what it visits. What it passes over (free-form JSON, fields
/// that are refused) is checked by json_check.hpp, so that nothing is kept that
/// is not sound JSON. An error is returned for what is not, and the document
/// is of no use after it; whatever else is wrong is noted in the fields.
class event_reader {
public:
  using value = simdjson::ondemand::value;

  /// Bytes that were no UTF-8 before they were overwritten; ascending. A field
  /// that holds one of them is refused. Must outlive the reader.
  explicit event_reader(const std::vector<const char*>& bad_bytes)
      : bad_bytes_(bad_bytes) {}

  /// Before the next document.
  void begin() { current_.reset(); }

  [[nodiscard]] simdjson::error_code
  read(simdjson::ondemand::object object, event_fields& fields);

  /// Checks and passes over a value that stands `depth` levels down; `text`
  /// becomes what it is in the body.
  [[nodiscard]] static simdjson::error_code
  pass(value& v, std::size_t depth, std::string_view& text);

  /// Where the last error was: "field \"input\": ", or empty.
  [[nodiscard]] std::string where() const;

private:
  [[nodiscard]] simdjson::error_code
  read_unknown(simdjson::ondemand::field& member, event_fields& fields);
  [[nodiscard]] simdjson::error_code
  read_known(value& v, field f, event_fields& fields);
  [[nodiscard]] static simdjson::error_code
  read_text(value& v, std::string_view token, field f, event_fields& fields);
  [[nodiscard]] static simdjson::error_code
  read_raw(value& v, field f, event_fields& fields);
  [[nodiscard]] static simdjson::error_code
  read_number(value& v, char first, field f, event_fields& fields);
  [[nodiscard]] static simdjson::error_code read_scalar(
    value& v, std::string_view token, field f, scalar& out,
    event_fields& fields);
  [[nodiscard]] static simdjson::error_code
  read_slices(value& v, event_fields& fields);
  [[nodiscard]] static simdjson::error_code refuse_type(
    value& v, field f, std::string_view expected, event_fields& fields);
  void check_bytes(std::string_view token, value& v, event_fields& fields);

  const std::vector<const char*>& bad_bytes_;
  std::optional<field> current_;
};

} // namespace ratchet::formats::detail
