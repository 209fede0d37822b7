#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace ratchet::api::detail {

/// A blocking TCP connection whose every step has a deadline.
class client_socket {
public:
  using clock = std::chrono::steady_clock;

  /// "http://HOST:PORT", with or without a '/' behind it. A mistake shows
  /// when it is opened.
  explicit client_socket(std::string url);
  ~client_socket();
  client_socket(const client_socket&) = delete;
  client_socket& operator=(const client_socket&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }
  /// HOST:PORT, as the Host field wants it.
  [[nodiscard]] const std::string& authority() const { return authority_; }

  [[nodiscard]] bool is_open() const { return socket_ >= 0; }
  /// Connects if it is not open.
  [[nodiscard]] result<void> open(clock::time_point deadline);
  void close();
  /// True if something can be read now: bytes, or the end.
  [[nodiscard]] bool has_input() const;

  [[nodiscard]] result<void>
  write(std::string_view bytes, clock::time_point deadline);
  /// Appends what has arrived, at most `max`; 0 if the other side has ended.
  [[nodiscard]] result<std::size_t>
  read(std::string& to, std::size_t max, clock::time_point deadline);

private:
  [[nodiscard]] result<void>
  wait(short events, clock::time_point deadline) const;
  [[nodiscard]] error broken(const std::string& why) const;

  std::string url_;
  std::string authority_;
  std::string host_;
  std::string port_;
  int socket_ = -1;
};

} // namespace ratchet::api::detail
