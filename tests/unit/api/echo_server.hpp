#pragma once

#include "api/errors.hpp"
#include "api/server.hpp"
#include "api/worker_pool.hpp"
#include "tests/unit/api/raw_socket.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ratchet::test {

using namespace ratchet::api;
using namespace std::chrono_literals;

/// Answers with what it was sent; "/hold" waits for the test to answer.
class echo_app final : public application {
public:
  struct counting_sink final : body_sink {
    std::uint64_t bytes = 0;
    result<void> write(std::string_view piece) override {
      bytes += piece.size();
      return {};
    }
  };

  body_plan plan(request& head) override {
    body_plan plan;
    plan.limit = 1000;
    if (head.path == "/sink") {
      plan.limit = 10'000'000;
      plan.sink = std::make_shared<counting_sink>();
    }
    if (head.path == "/refuse") {
      plan.refused = true;
      plan.refusal = error_response(404, "nothing here");
    }
    return plan;
  }

  void handle(
    const request& request, std::shared_ptr<body_sink> sink,
    responder respond) override {
    ++handled;
    if (request.path == "/hold") {
      const std::lock_guard lock(mutex);
      held.emplace_back(std::string{request.query}, respond);
      changed.notify_all();
      return;
    }
    response out;
    out.content_type = "text/plain";
    out.body = std::string{request.path} + "|" + std::string{request.body};
    if (sink)
      out.body =
        std::to_string(static_cast<counting_sink&>(*sink).bytes) + " bytes";
    if (request.path == "/twice") {
      respond(response{});
      out.body = "too late";
    }
    respond(std::move(out));
  }

  void
  answered(const request&, unsigned status, std::chrono::nanoseconds) override {
    last_status = status;
  }

  /// Waits until `count` requests to /hold are there.
  std::vector<std::pair<std::string, responder>> wait_for(std::size_t count) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, 10s, [&] { return held.size() >= count; });
    return held;
  }

  std::atomic<int> handled{0};
  std::atomic<unsigned> last_status{0};
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::pair<std::string, responder>> held;
};

struct running_server {
  explicit running_server(server_limits limits = {}, unsigned threads = 1) {
    server_options options;
    options.limits = limits;
    options.threads = threads;
    server = std::move(*http_server::start(options, app, pool));
  }

  [[nodiscard]] std::uint16_t port() const { return server->port(); }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port());
  }
  /// What the server says to `text` before it ends the connection.
  [[nodiscard]] std::string say(const std::string& text) const {
    raw_socket socket{port()};
    socket.send(text);
    return socket.read_response();
  }

  echo_app app;
  worker_pool pool{1, 16};
  std::unique_ptr<http_server> server;
};

} // namespace ratchet::test
