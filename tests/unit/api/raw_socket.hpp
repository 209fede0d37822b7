#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace ratchet::test {

/// A TCP connection that sends exactly what it is told to, for clients that
/// are broken or hostile. Reads give up after ten seconds.
class raw_socket {
public:
  explicit raw_socket(std::uint16_t port)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
      ::connect(socket_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
  }
  ~raw_socket() { ::close(socket_); }
  raw_socket(const raw_socket&) = delete;
  raw_socket& operator=(const raw_socket&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }

  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent =
        ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0)
        return; // The server has ended it; what it said will be read.
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void end_sending() const { ::shutdown(socket_, SHUT_WR); }

  /// All until the server ends the connection.
  [[nodiscard]] std::string read_to_end() {
    while (read_some()) {
    }
    return std::exchange(held_, {});
  }

  /// One response, its body by Content-Length; what came, if it is cut short.
  [[nodiscard]] std::string read_response() {
    for (;;) {
      const auto blank = held_.find("\r\n\r\n");
      if (blank != std::string::npos) {
        const auto size = blank + 4 + body_size(held_.substr(0, blank));
        if (held_.size() >= size) {
          auto out = held_.substr(0, size);
          held_.erase(0, size);
          return out;
        }
      }
      if (!read_some())
        return std::exchange(held_, {});
    }
  }

private:
  static std::size_t body_size(const std::string& head) {
    constexpr std::string_view name = "Content-Length: ";
    const auto found = head.find(name);
    return found == std::string::npos
      ? 0
      : std::stoul(head.substr(found + name.size()));
  }

  bool read_some() {
    pollfd entry{socket_, POLLIN, 0};
    if (::poll(&entry, 1, 10'000) <= 0)
      return false;
    char bytes[4096];
    const auto got = ::recv(socket_, bytes, sizeof bytes, 0);
    if (got <= 0)
      return false;
    held_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  int socket_;
  bool connected_ = false;
  std::string held_;
};

/// "200" of "HTTP/1.1 200 OK...".
inline std::string status_of(const std::string& response) {
  return response.size() < 12 ? response : response.substr(9, 3);
}

} // namespace ratchet::test
