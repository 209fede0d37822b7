#include "api/http_client.hpp"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <utility>

using namespace ratchet;
using namespace std::chrono_literals;

namespace {

/// Takes one connection, reads what comes first, says `answer`, and ends it.
class brief_server {
public:
  explicit brief_server(std::string answer) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* where = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener_, where, size) == 0);
    REQUIRE(::listen(listener_, 1) == 0);
    REQUIRE(::getsockname(listener_, where, &size) == 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread{[this, said = std::move(answer)] {
      const auto peer = ::accept(listener_, nullptr, nullptr);
      std::string request(4096, '\0');
      (void)::recv(peer, request.data(), request.size(), 0);
      (void)::send(peer, said.data(), said.size(), MSG_NOSIGNAL);
      ::close(peer);
    }};
  }
  ~brief_server() {
    thread_.join();
    ::close(listener_);
  }
  brief_server(const brief_server&) = delete;
  brief_server& operator=(const brief_server&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }

private:
  int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string url_;
  std::thread thread_;
};

result<api::http_response> ask(const brief_server& server) {
  return api::http_client{server.url()}.get("/", {}, 10s);
}

} // namespace

TEST_CASE("a server that hangs up is an error, not a crash", "[http_client]") {
  // Nothing at all, and a part of an answer.
  for (const auto* said :
       {"", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"}) {
    const brief_server server{said};
    const auto answer = ask(server);
    REQUIRE_FALSE(answer);
    CHECK(answer.err().code == errc::unavailable);
    CHECK(
      answer.err().message ==
      server.url() + " ended the connection without a full answer");
  }
  // Without a length, the end of the connection is the end of the answer.
  const brief_server server{"HTTP/1.1 200 OK\r\n\r\nall"};
  const auto answer = ask(server);
  REQUIRE(answer);
  CHECK(answer->body == "all");
}
