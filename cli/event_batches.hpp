#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

namespace ratchet::cli {

/// Some lines of an NDJSON file, to be sent as one body.
struct event_batch_text {
  std::string lines;
  /// Where each event stands in the file, from 1: what the engine says of
  /// event i is said of line `line_numbers[i]`.
  std::vector<std::uint64_t> line_numbers;
};

/// Cuts NDJSON into bodies of at most `max_events` lines and about
/// `max_bytes`. Blank lines are left out.
class event_batches {
public:
  event_batches(
    std::istream& from, std::uint64_t max_events, std::uint64_t max_bytes);

  /// The next batch; one without lines at the end.
  /// Errors: `io_error` if the file cannot be read on.
  [[nodiscard]] result<event_batch_text> next();

  /// Bytes of the file that the batches so far were made of.
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }

private:
  std::istream& from_;
  std::uint64_t max_events_;
  std::uint64_t max_bytes_;
  std::uint64_t line_number_ = 0;
  std::uint64_t bytes_read_ = 0;
};

} // namespace ratchet::cli
