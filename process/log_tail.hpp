#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ratchet::process {

/// Some lines of a log, and where the next ones begin.
struct log_lines {
  std::vector<std::string> lines; ///< Bytes as written, without line ends.
  std::uint64_t next_offset = 0;
};

/// Reads the complete lines of a log from byte `offset`, at most `max_bytes`
/// of them: call again with `next_offset` for those that follow. A line that
/// alone is longer than `max_bytes` comes in pieces of that size. With
/// `ended`, when nothing will be added any more, the last line comes also
/// without its line end.
///
/// Shape:  `max_bytes` at least 1. No lines and an unchanged offset mean that
///         there is nothing new (also: no file yet, or an offset at or beyond
///         its end).
/// Errors: `io_error`.
[[nodiscard]] result<log_lines> read_log(
  const std::filesystem::path& log, std::uint64_t offset, bool ended,
  std::size_t max_bytes = 64U << 10U);

} // namespace ratchet::process
