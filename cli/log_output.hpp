#pragma once

#include "base/log.hpp"

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ratchet::cli {

/// How log lines look: one JSON object per line for machines, or text for a
/// person at a terminal. Either way one call is one line, whatever it holds.
enum class log_format : std::uint8_t { json, text };

/// The engine's log: written to stderr by spdlog.
///
///   {"ts":"2026-08-22T10:15:30.123Z","level":"info","msg":"...","loop":"x"}
///
/// Quotes, control characters and malformed UTF-8 (as U+FFFD) are escaped,
/// which a pattern string of spdlog's would not do. A field that is named ts,
/// level or msg gets an underscore in front.
///
/// Threads: as `log_sink`. Cost: one write(2) per line, under a lock.
class log_output final : public log_sink {
public:
  /// Writes lines of `least` and above to stderr.
  log_output(log_format format, log_level least, bool color);
  /// The same into `out`, for tests. `out` outlives it.
  log_output(log_format format, log_level least, std::string& out);
  ~log_output() override;

  void write(
    log_level level, std::string_view message,
    std::initializer_list<log_field> fields) override;

private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

/// "debug", "info", "warning" or "error".
[[nodiscard]] std::optional<log_level> parse_log_level(std::string_view name);

} // namespace ratchet::cli
