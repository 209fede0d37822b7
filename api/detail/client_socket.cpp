#include "api/detail/client_socket.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace ratchet::api::detail {

client_socket::client_socket(std::string url) : url_(std::move(url)) {
  constexpr std::string_view scheme = "http://";
  while (!url_.empty() && url_.back() == '/')
    url_.pop_back();
  if (url_.substr(0, scheme.size()) != scheme)
    return;
  authority_ = url_.substr(scheme.size());
  if (authority_.find('/') != std::string::npos)
    return;
  const auto bracket = authority_.find(']');
  const auto colon = authority_.rfind(':');
  const bool has_port = colon != std::string::npos &&
    (bracket == std::string::npos || colon > bracket);
  host_ = authority_.substr(0, has_port ? colon : std::string::npos);
  port_ = has_port ? authority_.substr(colon + 1) : "80";
  if (host_.size() > 2 && host_.front() == '[')
    host_ = host_.substr(1, host_.size() - 2);
}

client_socket::~client_socket() {
  close();
}

void client_socket::close() {
  if (socket_ >= 0)
    ::close(std::exchange(socket_, -1));
}

bool client_socket::has_input() const {
  pollfd entry{socket_, POLLIN, 0};
  return ::poll(&entry, 1, 0) > 0;
}

error client_socket::broken(const std::string& why) const {
  return {errc::unavailable, "the connection to " + url_ + " broke: " + why};
}

result<void>
client_socket::wait(short events, clock::time_point deadline) const {
  for (;;) {
    const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now())
        .count();
    pollfd entry{socket_, events, 0};
    const auto ready = ::poll(
      &entry, 1, static_cast<int>(std::clamp<long long>(left, 0, 1 << 30)));
    if (ready > 0)
      return {};
    if (ready == 0)
      return error{errc::timed_out, url_ + " did not answer in time"};
    if (errno != EINTR)
      return broken(std::strerror(errno));
  }
}

result<void> client_socket::open(clock::time_point deadline) {
  if (socket_ >= 0)
    return {};
  if (host_.empty() || port_.empty())
    return error{
      errc::invalid_argument,
      "\"" + url_ + "\" is no URL of an engine; give http://HOST:PORT"};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (
    const int failed =
      ::getaddrinfo(host_.c_str(), port_.c_str(), &hints, &found))
    return error{
      errc::unavailable, "cannot find " + url_ + ": " + ::gai_strerror(failed)};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list{
    found, ::freeaddrinfo};
  int why = 0;
  for (const auto* each = found; each != nullptr; each = each->ai_next) {
    socket_ =
      ::socket(each->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) {
      why = errno;
      continue;
    }
    if (::connect(socket_, each->ai_addr, each->ai_addrlen) != 0) {
      why = errno;
      if (why == EINPROGRESS) {
        if (auto ready = wait(POLLOUT, deadline); !ready) {
          close();
          return ready;
        }
        socklen_t size = sizeof why;
        ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &why, &size);
      }
      if (why != 0) {
        close();
        continue;
      }
    }
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return {};
  }
  std::string reason = std::strerror(why);
  if (why == ECONNREFUSED)
    reason = "connection refused; is the engine running?";
  return error{errc::unavailable, "cannot reach " + url_ + ": " + reason};
}

result<void>
client_socket::write(std::string_view bytes, clock::time_point deadline) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
      return broken(std::strerror(errno));
    if (auto ready = wait(POLLOUT, deadline); !ready)
      return ready;
  }
  return {};
}

result<std::size_t> client_socket::read(
  std::string& to, std::size_t max, clock::time_point deadline) {
  const auto held = to.size();
  to.resize(held + max);
  for (;;) {
    const auto got = ::recv(socket_, to.data() + held, max, 0);
    if (got >= 0) {
      to.resize(held + static_cast<std::size_t>(got));
      return static_cast<std::size_t>(got);
    }
    const int why = errno;
    if (why == EAGAIN || why == EINTR) {
      auto ready = wait(POLLIN, deadline);
      if (ready)
        continue;
      to.resize(held);
      return ready.err();
    }
    to.resize(held);
    return broken(std::strerror(why));
  }
}

} // namespace ratchet::api::detail
