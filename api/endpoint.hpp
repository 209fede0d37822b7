#pragma once

#include "api/server.hpp"
#include "api/service.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace ratchet::api {

struct endpoint_options {
  server_options server;
  service_options service;
  /// A file with the token that every request must carry; empty: none.
  std::filesystem::path token_file;
  /// Serve other machines although nothing is encrypted.
  bool insecure = false;
};

/// A node's HTTP border: the one thing that a program starts.
class endpoint {
public:
  /// Serves from the return on. `node` must outlive the endpoint.
  /// Errors: `invalid_argument` for an address that other machines reach
  ///   without `insecure`, for a bad address, and for a token file that holds
  ///   none; `io_error` if the file cannot be read or the port not be bound.
  [[nodiscard]] static result<std::unique_ptr<endpoint>>
  start(actors::client& node, endpoint_options options);

  ~endpoint();
  endpoint(const endpoint&) = delete;
  endpoint& operator=(const endpoint&) = delete;

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  /// "http://127.0.0.1:8080": where this machine reaches it.
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] const server_stats& transport() const {
    return server_->stats();
  }

  /// Finishes the requests in flight, takes no others. See http_server::stop.
  void stop();

private:
  endpoint() = default;

  std::unique_ptr<service> service_;
  std::unique_ptr<http_server> server_;
  std::string url_;
};

/// Whether an endpoint may start with these options.
/// Errors: `invalid_argument`, with what to change.
[[nodiscard]] result<void> check(const endpoint_options& options);

} // namespace ratchet::api
