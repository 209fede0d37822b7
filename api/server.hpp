#pragma once

#include "api/message.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/stats.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace ratchet::api {

class worker_pool;

/// Every bound of the transport. A client that runs into one loses its own
/// request or connection and nothing else.
struct server_limits {
  std::size_t max_connections = 4096; ///< Beyond: 503 and close.
  std::size_t header_bytes = 16 * 1024;
  std::size_t header_count = 100;
  /// Of all bodies that are being gathered, together; beyond: 503.
  std::size_t body_memory = 256 * 1024 * 1024;
  duration header_timeout{std::chrono::seconds{10}}; ///< From its first byte.
  duration idle_timeout{std::chrono::seconds{75}};   ///< Between requests.
  duration body_idle_timeout{std::chrono::seconds{15}};
  /// A body may take this long, and longer at `body_rate` bytes a second.
  duration body_timeout{std::chrono::seconds{30}};
  std::uint64_t body_rate = 16 * 1024;
  duration write_timeout{std::chrono::seconds{30}};  ///< Without progress.
  duration answer_timeout{std::chrono::seconds{60}}; ///< For the handler: 504.
  duration linger_timeout{std::chrono::seconds{2}};  ///< Reading after a close.
  duration drain_timeout{std::chrono::seconds{5}};   ///< For `stop`.
};

struct server_options {
  /// A numeric address, or "localhost".
  std::string address = "127.0.0.1";
  std::uint16_t port = 0; ///< 0: any free one.
  unsigned threads = 2;
  server_limits limits;
};

/// Counted since the start of the server.
struct server_stats {
  counter connections_accepted{0};
  counter connections_refused{0}; ///< Over `max_connections`.
  counter connections_open{0};    ///< Now.
  counter timeouts{0};            ///< Connections ended for being slow.
  counter malformed{0};           ///< Requests that were not HTTP.
  counter body_bytes{0};          ///< Now, of bodies being gathered.
};

/// What a server serves. Both are called on io threads, several at once, and
/// must not block.
class application {
public:
  virtual ~application() = default;

  /// The header is there: how is the body to be taken? May set `route` and
  /// `parameters`.
  [[nodiscard]] virtual body_plan plan(request& head) = 0;

  /// The request is there; `sink` is the plan's. `respond` is to be called in
  /// the end, from any thread, while the server lives or after.
  virtual void handle(
    const request& request, std::shared_ptr<body_sink> sink,
    responder respond) = 0;

  /// An answer is about to be sent.
  virtual void answered(
    const request& request, unsigned status, std::chrono::nanoseconds took) = 0;
};

/// True if only this machine can reach the address.
[[nodiscard]] bool is_loopback(const std::string& address);

/// True for an IPv4 or IPv6 address, as opposed to a name.
[[nodiscard]] bool is_numeric_address(const std::string& host);

/// An HTTP/1.1 server: keep-alive, pipelining, `Expect: 100-continue`, HEAD,
/// chunked bodies. Each io thread owns its connections, so that a connection
/// needs no lock.
class http_server {
public:
  /// Binds, listens and starts the threads. `app` and `pool` must outlive
  /// the server, and be ready now.
  /// Errors: `invalid_argument` for an address that is none; `io_error` if
  ///   it cannot be bound (the message says why).
  [[nodiscard]] static result<std::unique_ptr<http_server>>
  start(const server_options& options, application& app, worker_pool& pool);

  /// As `stop`.
  ~http_server();

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] const server_stats& stats() const;

  /// Takes no further connection or request, waits for requests in flight
  /// (at most `drain_timeout`), closes everything, joins the threads. Not
  /// from an io thread. The second call does nothing.
  void stop();

private:
  struct state;
  explicit http_server(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

} // namespace ratchet::api
