#pragma once

#include "api/router.hpp"
#include "base/clock.hpp"
#include "base/stats.hpp"
#include "formats/event_parser.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace ratchet::actors {
class client;
}

namespace ratchet::api {

class event_waiters;
class worker_pool;
struct server_stats;

/// Counted by the routes since the start of the process.
struct api_stats {
  static constexpr std::size_t max_routes = 96;
  static constexpr std::size_t reject_reasons =
    static_cast<std::size_t>(formats::reject_code::too_deep) + 1;

  /// By place in the route table (the last place: no route) and by the
  /// status' hundreds.
  std::array<std::array<counter, 6>, max_routes + 1> answers{};
  latency_histogram request_latency;              ///< All routes.
  latency_histogram ingest_latency;               ///< POST /v1/events.
  std::array<counter, reject_reasons> rejected{}; ///< By reject_code.
  counter conflicts{0};
  counter ingest_bytes{0}; ///< Bodies of events, as they were sent.
};

/// What every route works with.
struct api_context {
  actors::client& node;
  const wall_clock& clock;
  worker_pool& pool;
  api_stats& stats;
  /// Shared with requests in flight, whose events may become durable after
  /// the API has ended.
  std::shared_ptr<event_waiters> waiters;
  /// Base of the URLs in answers; empty: as the request names the host.
  std::string advertised_url;
  std::uint64_t max_events_body = 0;
  std::string build; ///< For /version.
  /// The transport's counters; null before it has started.
  std::atomic<const server_stats*> transport{nullptr};
};

} // namespace ratchet::api
