#pragma once

#include "base/log.hpp"

#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ratchet::test {

/// Keeps the warnings and errors of this process while it lives.
class log_lines final : public log_sink {
public:
  log_lines() { set_log_sink(this); }
  ~log_lines() override { set_log_sink(nullptr); }
  log_lines(const log_lines&) = delete;
  log_lines& operator=(const log_lines&) = delete;

  void write(
    log_level level, std::string_view message,
    std::initializer_list<log_field> fields) override {
    if (level < log_level::warning)
      return;
    std::string line{message};
    for (const auto& field : fields)
      line.append(" ").append(field.name).append("=").append(field.value);
    const std::lock_guard lock{mutex_};
    lines_.push_back(std::move(line));
  }

  [[nodiscard]] std::vector<std::string> read() const {
    const std::lock_guard lock{mutex_};
    return lines_;
  }

private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

} // namespace ratchet::test
