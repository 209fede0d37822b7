#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// An HTTP load program that costs little itself: raw sockets, one thread, one
/// request in flight per connection, bodies made once and only renumbered.

namespace ratchet::benchmarks {

struct load_case {
  std::uint16_t port = 0;
  std::string loop = "bench";
  unsigned body_events = 1;
  unsigned connections = 1;
  double seconds = 5;
  /// Stops after so many events instead, if not 0.
  std::uint64_t max_events = 0;
  /// Events per second to offer, evenly; 0: as fast as answers come.
  double rate = 0;
  /// The first event's number: no id is ever sent twice.
  std::uint64_t first_id = 0;
};

struct load_result {
  std::uint64_t events = 0; ///< Acknowledged.
  std::uint64_t failed_requests = 0;
  double seconds = 0;
  double p50_ms = 0;
  double p99_ms = 0;

  [[nodiscard]] double events_per_second() const {
    return seconds > 0 ? static_cast<double>(events) / seconds : 0;
  }
};

/// Runs one case against a server on loopback. Latency is from the moment a
/// request was due (`rate`) or sent to its whole answer.
[[nodiscard]] load_result run_load(const load_case& load);

/// One event of about 300 bytes: half are interactions, half the feedback on
/// the interaction before.
[[nodiscard]] std::string
event_line(const std::string& loop, std::uint64_t number);

} // namespace ratchet::benchmarks
