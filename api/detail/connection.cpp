#include "api/detail/connection.hpp"

#include "api/errors.hpp"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <utility>

namespace ratchet::api::detail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t read_size = 16 * 1024;
/// Behind an answer that ends the connection, at most this much is read, so
/// that the client gets to read the answer before it meets a reset.
constexpr std::size_t max_discarded = 4 * 1024 * 1024;

} // namespace

connection::connection(
  asio::ip::tcp::socket socket, std::shared_ptr<reactor> owner, bool over_limit)
    : socket_(std::move(socket)), reactor_(std::move(owner)),
      over_limit_(over_limit) {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

connection::~connection() {
  reactor_->context().stats.body_bytes -= body_accounted_;
}

void connection::start() {
  next_request();
}

void connection::next_request() {
  request_.method = http_method::other;
  request_.headers.clear();
  request_.body = {};
  request_.route = nullptr;
  request_.parameters.count = 0;
  plan_ = {};
  complete_ = false;
  searched_ = 0;
  in_place_ = 0;
  body_received_ = 0;
  if (reactor_->stopping()) {
    close();
    return;
  }
  if (in_.empty()) {
    phase_ = phase::waiting;
    deadline_in(limits().idle_timeout);
  } else {
    phase_ = phase::header;
    request_began_ = clock::now();
    deadline_ = request_began_ + limits().header_timeout;
  }
  read_header();
}

void connection::read_header() {
  // RFC 9112, 2.2: an empty line before a request is to be skipped.
  while (in_.view().substr(0, 2) == "\r\n") {
    in_.consume(2);
    searched_ = 0;
  }
  const auto held = in_.view();
  const bool half_line = held == "\r";
  if (
    !held.empty() && !half_line && (held.front() < 'A' || held.front() > 'z')) {
    refuse({400, "the request is not HTTP; is this a TLS client?"});
    return;
  }
  const auto blank = held.find("\r\n\r\n", searched_);
  const auto size = blank == std::string_view::npos ? held.size() : blank + 4;
  if (
    size > limits().header_bytes ||
    (blank == std::string_view::npos && size == limits().header_bytes)) {
    refuse({431, "the request header is longer than is allowed"});
    return;
  }
  if (blank != std::string_view::npos) {
    take_header(size);
    return;
  }
  searched_ = held.size() < 3 ? 0 : held.size() - 3;
  auto* space = in_.prepare(read_size);
  socket_.async_read_some(
    asio::buffer(space, read_size),
    [this, self = shared_from_this()](const error_code& ec, std::size_t n) {
      if (phase_ != phase::waiting && phase_ != phase::header)
        return; // It timed out meanwhile.
      if (ec) {
        close();
        return;
      }
      if (phase_ == phase::waiting) {
        phase_ = phase::header;
        request_began_ = clock::now();
        deadline_ = request_began_ + limits().header_timeout;
      }
      in_.commit(n);
      read_header();
    });
}

void connection::take_header(std::size_t size) {
  head_.assign(in_.view().substr(0, size));
  in_.consume(size);
  ++number_;
  if (auto failure = parser_.header(head_, limits().header_count, request_)) {
    refuse(failure);
    return;
  }
  keep_alive_ = parser_.keep_alive();
  if (over_limit_) {
    refuse({503, "the server has as many connections as it may; try again"});
    return;
  }
  plan_ = reactor_->context().app.plan(request_);
  begin_body();
}

/// Answers a request that cannot be framed or taken, and ends the connection:
/// where the next request would begin is unknown.
void connection::refuse(const parse_failure& failure) {
  if (failure.status < 500)
    ++reactor_->context().stats.malformed;
  keep_alive_ = false;
  phase_ = phase::handling;
  send(error_response(failure.status, failure.message));
}

void connection::handle() {
  complete_ = true;
  phase_ = phase::handling;
  deadline_in(limits().answer_timeout);
  if (plan_.refused) {
    send(std::move(plan_.refusal));
    return;
  }
  reactor_->context().app.handle(
    request_, std::move(plan_.sink), responder{shared_from_this(), number_});
}

void connection::answer(std::uint64_t number, std::function<response()> make) {
  if (reactor_->on_thread()) {
    if (phase_ == phase::handling && number == number_)
      send(make());
    return;
  }
  reactor_->post(
    [this, self = shared_from_this(), number, make = std::move(make)] {
      if (phase_ == phase::handling && number == number_)
        send(make());
    });
}

void connection::answer_now(std::uint64_t number, response made) {
  if (reactor_->on_thread()) {
    if (phase_ == phase::handling && number == number_)
      send(std::move(made));
    return;
  }
  auto held = std::make_shared<response>(std::move(made));
  answer(number, [held] { return std::move(*held); });
}

void connection::time_out() {
  error_code ignored;
  switch (phase_) {
  case phase::header:
  case phase::body:
    ++reactor_->context().stats.timeouts;
    socket_.cancel(ignored); // The read that is pending.
    keep_alive_ = false;
    phase_ = phase::handling;
    send(error_response(408, "the request took too long to arrive"));
    return;
  case phase::handling:
    ++reactor_->context().stats.timeouts;
    keep_alive_ = false;
    abandoned_ = true;
    send(error_response(
      504,
      "the engine did not answer in time; whether it took effect is "
      "unknown"));
    return;
  case phase::storing:
  case phase::writing:
    ++reactor_->context().stats.timeouts;
    close();
    return;
  case phase::waiting:
  case phase::lingering:
    close();
    return;
  case phase::closed:
    return;
  }
}

void connection::drain() {
  if (phase_ == phase::waiting || phase_ == phase::lingering)
    close();
  else
    keep_alive_ = false;
}

void connection::linger() {
  phase_ = phase::lingering;
  deadline_in(limits().linger_timeout);
  release_request();
  in_.release();
  error_code ec;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ec);
  if (ec) {
    close();
    return;
  }
  discard();
}

void connection::discard() {
  in_.clear();
  auto* space = in_.prepare(read_size);
  socket_.async_read_some(
    asio::buffer(space, read_size),
    [this, self = shared_from_this()](const error_code& ec, std::size_t n) {
      if (phase_ == phase::closed)
        return;
      discarded_ += n;
      if (ec || discarded_ > max_discarded)
        close();
      else
        discard();
    });
}

void connection::close() {
  if (phase_ == phase::closed)
    return;
  phase_ = phase::closed;
  error_code ignored;
  socket_.close(ignored);
  reactor_->remove(shared_from_this());
}

} // namespace ratchet::api::detail
