#pragma once

#include "api/detail/buffer.hpp"
#include "api/message.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ratchet::api::detail {

/// Why a request is not HTTP as we accept it; the connection ends after it.
struct parse_failure {
  unsigned status = 0; ///< 0: none.
  std::string message;

  explicit operator bool() const { return status != 0; }
};

/// The framing of one request after another: Boost.Beast's parser, and the
/// checks against request smuggling that it leaves to its user.
class request_parser {
public:
  request_parser();
  ~request_parser();
  request_parser(const request_parser&) = delete;
  request_parser& operator=(const request_parser&) = delete;

  /// Reads a whole header, blank line included. `out` gets views into `text`,
  /// which must not move while `out` is used.
  [[nodiscard]] parse_failure
  header(std::string_view text, std::size_t max_fields, request& out);

  // Valid after `header`:
  [[nodiscard]] bool keep_alive() const;
  [[nodiscard]] bool http_1_0() const;
  [[nodiscard]] bool chunked() const;
  [[nodiscard]] bool expects_continue() const;
  [[nodiscard]] std::uint64_t content_length() const; ///< 0 if chunked.

  /// Decodes as much of a chunked body as `in` holds into `out`, at most
  /// until `out` holds `pause_at` bytes or a little more. Consumes from `in`.
  [[nodiscard]] parse_failure
  decode_chunks(buffer& in, buffer& out, std::size_t pause_at);
  [[nodiscard]] bool body_done() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace ratchet::api::detail
