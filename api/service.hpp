#pragma once

#include "api/context.hpp"
#include "api/event_waiters.hpp"
#include "api/server.hpp"
#include "api/worker_pool.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace ratchet::api {

struct service_options {
  /// Base of the URLs in answers ("http://node-1:8080"); empty: as each
  /// request names the host.
  std::string advertised_url;
  /// Required of every request but health checks; empty: nothing is.
  std::string token;
  /// Serve only requests that name this machine by an address, "localhost", or
  /// the host of `advertised_url`: a web page can make its own name lead to a
  /// loopback address (DNS rebinding), and would else read everything.
  bool loopback_names_only = false;
  std::uint64_t max_events_body = std::uint64_t{64} << 20U; ///< Unpacked too.
  std::uint64_t max_artifact = std::uint64_t{8} << 30U;
  unsigned worker_threads = 4;
  const wall_clock* clock = nullptr; ///< Null: the machine's.
};

/// The engine as an application of the HTTP server: finds the route, checks
/// who asks, and runs handlers where they may run.
class service final : public application {
public:
  /// `node` must outlive this.
  service(actors::client& node, service_options options);
  ~service() override;

  [[nodiscard]] body_plan plan(request& head) override;
  void handle(
    const request& request, std::shared_ptr<body_sink> sink,
    responder respond) override;
  void answered(
    const request& request, unsigned status,
    std::chrono::nanoseconds took) override;

  [[nodiscard]] worker_pool& pool() { return pool_; }
  [[nodiscard]] const api_stats& stats() const { return stats_; }
  /// Shows the transport's counters under /metrics. They must outlive this.
  void observe(const server_stats& transport) {
    context_.transport = &transport;
  }
  /// Answers the requests that wait for events, before the server stops.
  void end_waits() { context_.waiters->close(); }

private:
  [[nodiscard]] bool allowed(const request& head) const;
  [[nodiscard]] bool allowed_for_attempt(const request& head) const;
  [[nodiscard]] bool known_host(const request& head) const;
  [[nodiscard]] std::uint64_t body_limit(body_size size) const;

  service_options options_;
  system_wall_clock system_clock_;
  api_stats stats_;
  api_context context_;
  worker_pool pool_; ///< Last, so that it ends first: its tasks use the rest.
};

/// True if the two are equal; takes as long whether or not they are.
[[nodiscard]] bool
equal_in_constant_time(std::string_view a, std::string_view b);

} // namespace ratchet::api
