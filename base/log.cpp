#include "base/log.hpp"

#include <atomic>
#include <cstdio>

namespace ratchet {

namespace {

std::atomic<log_sink*> installed{nullptr};

} // namespace

void set_log_sink(log_sink* sink) {
  installed.store(sink);
}

void log(
  log_level level, std::string_view message,
  std::initializer_list<log_field> fields) {
  if (auto* sink = installed.load()) {
    sink->write(level, message, fields);
    return;
  }
  if (level < log_level::warning)
    return;
  std::string line{message};
  for (const auto& field : fields)
    line.append(" ").append(field.name).append("=").append(field.value);
  std::fprintf(stderr, "%s\n", line.c_str());
}

} // namespace ratchet
