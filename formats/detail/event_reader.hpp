#pragma once

#include "formats/detail/event_fields.hpp"

#include <simdjson.h>

#include <string_view>
#include <vector>

namespace ratchet::formats::detail {

/// Reads the fields of one event out of an On-Demand document.
///
/// On-Demand checks only what is visited, so all of it is: also a field that is
/// refused, and every corner of the free-form ones. An error is returned for
/// what is no sound JSON, and the document is of no use after it; whatever else
/// is wrong is noted in the fields.
class event_reader {
public:
  /// Bytes that were no UTF-8 before they were overwritten; ascending. A field
  /// that holds one of them is refused. Must outlive the reader.
  explicit event_reader(const std::vector<const char*>& bad_bytes)
      : bad_bytes_(bad_bytes) {}

  [[nodiscard]] simdjson::error_code
  read(simdjson::ondemand::object object, event_fields& fields);

  /// Before the next document.
  void begin() { current_.reset(); }

  /// Visits all of a value; `depth` is its own, if it is a container.
  [[nodiscard]] static simdjson::error_code
  walk(simdjson::ondemand::value value, std::size_t depth);

  /// Where the last error was: "field \"input\": ", or empty.
  [[nodiscard]] std::string where() const;

private:
  using value = simdjson::ondemand::value;
  using type = simdjson::ondemand::json_type;

  [[nodiscard]] simdjson::error_code
  read_known(value v, field f, event_fields& fields);
  [[nodiscard]] simdjson::error_code
  read_text(value v, type t, field f, event_fields& fields);
  [[nodiscard]] simdjson::error_code
  read_raw(value v, field f, event_fields& fields);
  [[nodiscard]] simdjson::error_code
  read_number(value v, type t, field f, event_fields& fields);
  [[nodiscard]] simdjson::error_code
  read_scalar(value v, type t, field f, scalar& out, event_fields& fields);
  [[nodiscard]] simdjson::error_code
  read_slices(value v, type t, event_fields& fields);
  [[nodiscard]] simdjson::error_code refuse_type(
    value v, field f, std::string_view expected, event_fields& fields);
  void check_bytes(const char* start, value& v, event_fields& fields);

  const std::vector<const char*>& bad_bytes_;
  std::optional<field> current_;
};

} // namespace ratchet::formats::detail
