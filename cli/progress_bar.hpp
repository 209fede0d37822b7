#pragma once

#include "base/clock.hpp"
#include "cli/terminal.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace ratchet::cli {

/// What a progress line shows. `total` 0: unknown, so no bar and no time left.
struct progress_facts {
  std::uint64_t done = 0;  ///< Bytes.
  std::uint64_t total = 0; ///< Bytes.
  std::uint64_t items = 0;
  duration elapsed{0};
};

/// "sending ██████░░░░  62%  12,345 events  4,100/s  3s left", in at most
/// `width` cells.
[[nodiscard]] std::string progress_line(
  std::string_view label, std::string_view item, const progress_facts& facts,
  std::size_t width);

/// Draws that line on stderr over itself, at most ten times a second, if
/// stderr is a terminal; otherwise nothing. Gone when it is destroyed.
class progress_bar {
public:
  progress_bar(std::string label, std::string item, std::uint64_t total_bytes);
  ~progress_bar();
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;

  void show(std::uint64_t done_bytes, std::uint64_t items);

private:
  std::string label_;
  std::string item_;
  std::uint64_t total_;
  bool active_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point drawn_;
};

} // namespace ratchet::cli
