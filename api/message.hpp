#pragma once

#include "base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Requests and responses as the routes see them: no socket and no Beast.

namespace ratchet::api {

enum class http_method : std::uint8_t { get, head, post, put, other };

[[nodiscard]] std::string_view to_string(http_method method);

struct header_field {
  std::string_view name;
  std::string_view value;
};

/// The variable segments of a path, decoded, in order.
struct path_parameters {
  static constexpr std::size_t max = 4;

  std::array<std::string, max> values;
  std::size_t count = 0;
};

struct route;

/// One request. All views point into the connection's buffers and stay valid
/// until the request is answered (a time-out of the answer does not end them,
/// as long as the responder lives).
struct request {
  http_method method = http_method::other;
  std::string_view method_name;
  std::string_view path;  ///< As sent, without the query; starts with '/'.
  std::string_view query; ///< As sent, without the '?'.
  std::vector<header_field> headers;
  /// The body, framing removed, content coding not. 64 bytes behind its end
  /// may be read (simdjson's padding); what they hold is undefined.
  std::string_view body;

  const api::route* route = nullptr; ///< Set by the router.
  path_parameters parameters;

  /// The first field of that name, or an empty view; ignores case.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

/// True if the two are equal but for the case of ASCII letters.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

/// A part of an open file; closes it.
class open_file {
public:
  open_file() = default;
  explicit open_file(int descriptor) : descriptor_(descriptor) {}
  open_file(open_file&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  open_file& operator=(open_file&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~open_file();

  [[nodiscard]] int descriptor() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

private:
  int descriptor_ = -1;
};

/// One answer. The body is `body`, or `file_bytes` bytes of `file` from
/// offset 0 on, which are read as the client takes them.
struct response {
  unsigned status = 200;
  std::string_view content_type = "application/json"; ///< Of static life.
  std::string body;
  std::vector<std::pair<std::string_view, std::string>> headers;
  open_file file;
  std::uint64_t file_bytes = 0;
  bool close = false; ///< End the connection after it.
};

/// Where a responder delivers to: a connection.
class exchange {
public:
  virtual ~exchange() = default;
  virtual void answer(std::uint64_t number, std::function<response()> make) = 0;
  virtual void answer_now(std::uint64_t number, response made) = 0;
};

/// Answers one request, once: later calls change nothing. Copies answer the
/// same request. From any thread; does not block.
class responder {
public:
  responder(std::shared_ptr<exchange> target, std::uint64_t number)
      : target_(std::move(target)), number_(number) {}

  void operator()(response made) const {
    target_->answer_now(number_, std::move(made));
  }
  /// Lets the connection's own thread make the response, so that a busy
  /// caller (the journal) only hands over the data.
  void later(std::function<response()> make) const {
    target_->answer(number_, std::move(make));
  }

private:
  std::shared_ptr<exchange> target_;
  std::uint64_t number_;
};

/// Takes a large body piece by piece; may block (it is called on the worker
/// pool, one call at a time).
class body_sink {
public:
  virtual ~body_sink() = default;
  virtual result<void> write(std::string_view piece) = 0;
};

/// How a request's body is to be taken.
struct body_plan {
  std::uint64_t limit = 0;         ///< Longer: 413.
  std::shared_ptr<body_sink> sink; ///< Null: gathered in `request::body`.
  bool refused = false;            ///< Answer `refusal`; nothing is handled.
  response refusal;
};

} // namespace ratchet::api
