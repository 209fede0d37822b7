#pragma once

#include "api/message.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ratchet::api {

struct api_context;

/// Runs on an io thread and must not block; answers when it can.
using io_handler = void (*)(api_context&, const request&, responder);
/// Runs on the worker pool and may block on the disk.
using blocking_handler = response (*)(api_context&, const request&);
/// Makes the sink of a body that is too large for memory.
using sink_maker = std::shared_ptr<body_sink> (*)(api_context&);
/// Runs on the worker pool once the sink has the whole body.
using upload_handler =
  response (*)(api_context&, const request&, body_sink& sink);

/// How much body a route takes.
enum class body_size : std::uint8_t { none, small, payload, events, artifact };

/// One line of the route table. Exactly one of the handlers is set.
struct route {
  http_method method = http_method::get;
  /// "/v1/loops/{loop}": a segment in braces takes any one segment.
  std::string_view pattern;
  body_size body = body_size::none;
  io_handler now = nullptr;
  blocking_handler blocking = nullptr;
  upload_handler upload = nullptr;
  sink_maker sink = nullptr;
};

/// All that the API serves, in the order in which it is looked up.
[[nodiscard]] std::span<const route> route_table();

struct route_match {
  const api::route* route = nullptr;
  /// No route of this method: those that the path has, for `Allow`.
  std::string allow;
};

/// Finds the route of a method and a path and decodes its variable segments.
/// HEAD finds the routes of GET.
///
/// Errors: `not_found` for an unknown path; `invalid_argument` for an escape
///   that is none, or one that hides a control character.
[[nodiscard]] result<route_match> find_route(
  std::span<const route> table, http_method method, std::string_view path,
  path_parameters& parameters);

/// Decodes %XX; nothing if an escape is malformed.
[[nodiscard]] std::optional<std::string>
percent_decode(std::string_view text, bool plus_is_blank = false);

/// Encodes everything but letters, digits and "-._~".
[[nodiscard]] std::string percent_encode(std::string_view text);

/// Reads the parameters of a query. Typing errors are found: after the last
/// `text` or `number`, `finish` refuses what nobody asked for.
class query_reader {
public:
  explicit query_reader(std::string_view query);

  /// The value of a parameter; empty if it is not given.
  [[nodiscard]] std::string text(std::string_view name);
  [[nodiscard]] bool has(std::string_view name) const;
  /// A whole number of at most `max`; `fallback` if it is not given.
  [[nodiscard]] std::uint64_t
  number(std::string_view name, std::uint64_t fallback, std::uint64_t max);

  /// Errors: `invalid_argument` with the first mistake.
  [[nodiscard]] result<void> finish();

private:
  struct parameter {
    std::string name;
    std::string value;
    bool used = false;
  };

  void fail(std::string message);
  [[nodiscard]] parameter* find(std::string_view name);

  std::vector<parameter> parameters_;
  std::string known_;
  std::string mistake_;
};

} // namespace ratchet::api
