#pragma once

#include "api/server.hpp"
#include "api/worker_pool.hpp"
#include "cli/verb_context.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

/// An engine that says what a test tells it to, over real HTTP, and remembers
/// what it was asked; and what a verb printed.
class fake_engine final : public ratchet::api::application {
public:
  struct asked {
    std::string method;
    std::string target;
    std::string body;
  };

  fake_engine() {
    auto started = ratchet::api::http_server::start({}, *this, pool_);
    REQUIRE(started.ok());
    server_ = std::move(*started);
  }

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_->port());
  }

  /// "GET /v1/loops" is answered so from now on; anything else with 404.
  void answers(
    const std::string& what, std::string body, unsigned status = 200,
    std::vector<std::pair<std::string_view, std::string>> headers = {}) {
    const std::lock_guard lock{mutex_};
    auto& answer = answers_[what];
    answer.status = status;
    answer.body = std::move(body);
    answer.headers = std::move(headers);
  }
  [[nodiscard]] std::vector<asked> log() const {
    const std::lock_guard lock{mutex_};
    return log_;
  }

  ratchet::api::body_plan plan(ratchet::api::request&) override {
    ratchet::api::body_plan out;
    out.limit = 1 << 20;
    return out;
  }
  void handle(
    const ratchet::api::request& request,
    std::shared_ptr<ratchet::api::body_sink>,
    ratchet::api::responder respond) override {
    const std::lock_guard lock{mutex_};
    auto target = std::string{request.path};
    if (!request.query.empty())
      target += "?" + std::string{request.query};
    log_.push_back(
      {std::string{request.method_name}, target, std::string{request.body}});
    const auto found =
      answers_.find(std::string{request.method_name} + " " + target);
    ratchet::api::response out;
    if (found == answers_.end()) {
      out.status = 404;
      out.body = R"({"error":{"code":"not_found","message":"no such thing"}})";
    } else {
      out.status = found->second.status;
      out.body = found->second.body;
      out.headers = found->second.headers;
    }
    respond(std::move(out));
  }
  void answered(
    const ratchet::api::request&, unsigned, std::chrono::nanoseconds) override {
  }

private:
  struct canned {
    unsigned status = 200;
    std::string body;
    std::vector<std::pair<std::string_view, std::string>> headers;
  };

  mutable std::mutex mutex_;
  std::map<std::string, canned> answers_;
  std::vector<asked> log_;
  ratchet::api::worker_pool pool_{1, 16};
  std::unique_ptr<ratchet::api::http_server> server_;
};

/// A file in memory for what a verb prints.
class capture {
public:
  capture() : fd_(memfd_create("capture", MFD_CLOEXEC)) { REQUIRE(fd_ >= 0); }
  ~capture() { close(fd_); }
  capture(const capture&) = delete;
  capture& operator=(const capture&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::string text() const {
    std::string out(static_cast<std::size_t>(lseek(fd_, 0, SEEK_END)), '\0');
    REQUIRE(
      pread(fd_, out.data(), out.size(), 0) ==
      static_cast<ssize_t>(out.size()));
    return out;
  }

private:
  int fd_;
};

/// A verb's surroundings: the fake engine, a clock that stands still at
/// 2026-08-22T10:16:00Z, no terminal.
struct verb_fixture {
  fake_engine fake;
  ratchet::manual_clock clock{ratchet::from_ms(1'787'393'760'000)};
  capture out;
  capture err;
  ratchet::cli::engine server = *ratchet::cli::engine::at(fake.url(), "");
  ratchet::cli::verb_context context{
    server,
    ratchet::cli::output_format::table,
    ratchet::cli::palette{false},
    0,
    clock,
    out.fd(),
    err.fd()};
};
