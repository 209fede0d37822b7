#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ratchet::api {

struct http_response {
  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The first field of that name, or empty; ignores case.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

using header_list = std::vector<std::pair<std::string, std::string>>;

/// A synchronous HTTP/1.1 client with one kept-alive connection: for the
/// command line, for tests and for load programs.
///
/// A response of any status is a result; errors mean that there was none:
///   `invalid_argument` for a URL that is none of ours ("http://HOST:PORT"),
///   `unavailable` if nothing listens or the connection broke,
///   `timed_out`, `resource_limit` for an answer over 256 MiB,
///   `io_error` for a local file.
/// A connection that idled may be closed by the server just when it is used
/// again. A get or put that meets this is sent once more on a new connection;
/// a post is not, because it may have taken effect (whoever posts events
/// may: they have ids).
/// Threads: one at a time.
class http_client {
public:
  explicit http_client(const std::string& url);
  http_client(http_client&&) noexcept;
  http_client& operator=(http_client&&) noexcept;
  ~http_client();

  /// Sent with each request as "Authorization: Bearer ...".
  void use_token(std::string token);

  [[nodiscard]] result<http_response> get(
    const std::string& path, const header_list& headers = {},
    duration timeout = default_timeout);
  [[nodiscard]] result<http_response> post(
    const std::string& path, std::string_view body,
    const header_list& headers = {}, duration timeout = default_timeout);
  [[nodiscard]] result<http_response> put(
    const std::string& path, std::string_view body,
    const header_list& headers = {}, duration timeout = default_timeout);

  /// Writes the body of a 200 to `target` (by a temporary name beside it), and
  /// leaves `target` alone for any other status. `timeout` is for each piece.
  [[nodiscard]] result<http_response> get_to_file(
    const std::string& path, const std::filesystem::path& target,
    duration timeout = default_timeout);
  [[nodiscard]] result<http_response> put_file(
    const std::string& path, const std::filesystem::path& source,
    duration timeout = default_timeout);

  static constexpr duration default_timeout{std::chrono::seconds{60}};

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace ratchet::api
