#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace ratchet {

enum class log_level : std::uint8_t { debug, info, warning, error };

/// One named value of a log line: `{"loop", "digits"}`.
struct log_field {
  std::string_view name;
  std::string value;
};

/// Where log lines go. Called from any thread.
class log_sink {
public:
  virtual ~log_sink() = default;
  virtual void write(
    log_level level, std::string_view message,
    std::initializer_list<log_field> fields) = 0;
};

/// Installs the sink of this process, which must outlive every call to `log`;
/// null restores the default (warnings and errors as plain text on stderr).
void set_log_sink(log_sink* sink);

/// Writes one line. `message` is a constant sentence; what varies goes into
/// fields, so that lines can be grouped. Never put a secret into either.
void log(
  log_level level, std::string_view message,
  std::initializer_list<log_field> fields = {});

} // namespace ratchet
