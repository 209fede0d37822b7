#include "api/detail/connection.hpp"

#include "api/errors.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace ratchet::api::detail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t first_read = 64 * 1024;
constexpr std::size_t piece_size = 256 * 1024;
constexpr std::size_t chunk_read = 16 * 1024;
/// A refused request's body is read and thrown away up to this size, which
/// keeps the connection; a longer one ends it.
constexpr std::size_t small_body = 64 * 1024;

/// What an empty body views: the padding must be readable there too.
constexpr char readable[buffer::padding] = {};
constexpr std::string_view no_body{readable};

} // namespace

void connection::begin_body() {
  const auto length = parser_.content_length();
  const bool chunked = parser_.chunked();
  if (!chunked && length == 0) {
    request_.body = no_body;
    handle();
    return;
  }
  if (plan_.refused) {
    // A client that waits for "100 Continue" must not send its body now.
    if (chunked || length > small_body || parser_.expects_continue()) {
      keep_alive_ = false;
      phase_ = phase::handling;
      send(std::move(plan_.refusal));
      return;
    }
    plan_.limit = small_body;
  }
  if (length > plan_.limit) {
    too_large();
    return;
  }
  if (!chunked && !plan_.sink && length <= in_.size()) {
    in_place_ = length;
    request_.body = in_.view().substr(0, length);
    handle();
    return;
  }
  phase_ = phase::body;
  const auto now = clock::now();
  body_deadline_ = now + limits().body_timeout;
  deadline_ = now + limits().body_idle_timeout;
  if (parser_.expects_continue() && in_.empty())
    send_continue();
  else
    read_body();
}

void connection::send_continue() {
  static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(
    socket_, asio::buffer(go_on.data(), go_on.size()),
    [this, self = shared_from_this()](const error_code& ec, std::size_t) {
      if (phase_ != phase::body)
        return;
      ec ? close() : read_body();
    });
}

void connection::read_body() {
  if (parser_.chunked())
    read_chunked_body();
  else
    read_plain_body();
}

/// A body of declared length goes from the socket straight to where it is
/// parsed. Memory grows with what arrives, not with what was promised.
void connection::read_plain_body() {
  const auto length = parser_.content_length();
  if (!in_.empty()) {
    const auto early = static_cast<std::size_t>(std::min<std::uint64_t>(
      {length - body_received_, in_.size(), piece_size}));
    if (!room_in_body(early))
      return;
    body_.append(in_.view().substr(0, early));
    in_.consume(early);
    body_received_ += early;
  }
  const auto left = length - body_received_;
  if (plan_.sink && (left == 0 || body_.size() >= piece_size)) {
    sink_piece(left == 0);
    return;
  }
  if (left == 0) {
    request_.body = body_.view();
    handle();
    return;
  }
  if (!in_.empty()) {
    read_plain_body();
    return;
  }
  const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(
    left, plan_.sink ? piece_size : std::max(first_read, body_.size())));
  if (!room_in_body(step))
    return;
  socket_.async_read_some(
    asio::buffer(body_.prepare(step), step),
    [this, self = shared_from_this()](const error_code& ec, std::size_t n) {
      if (phase_ != phase::body)
        return;
      if (ec) {
        close();
        return;
      }
      body_.commit(n);
      body_received_ += n;
      body_arrived(n);
      read_plain_body();
    });
}

void connection::read_chunked_body() {
  const auto before = body_.size();
  if (!room_in_body(in_.size()))
    return;
  const auto pause =
    plan_.sink ? piece_size : static_cast<std::size_t>(plan_.limit) + 1;
  auto failure = parser_.decode_chunks(in_, body_, pause);
  body_received_ += body_.size() - before;
  if (!failure && body_received_ > plan_.limit) {
    too_large();
    return;
  }
  if (
    !failure && !parser_.body_done() && body_.size() < pause &&
    in_.size() >= limits().header_bytes)
    failure = {
      400,
      "the chunked body has a chunk header or trailer that is "
      "longer than is allowed"};
  if (failure) {
    refuse(failure);
    return;
  }
  const bool done = parser_.body_done();
  if (plan_.sink && (done || body_.size() >= piece_size)) {
    sink_piece(done);
    return;
  }
  if (done) {
    request_.body = body_.empty() ? no_body : body_.view();
    handle();
    return;
  }
  socket_.async_read_some(
    asio::buffer(in_.prepare(chunk_read), chunk_read),
    [this, self = shared_from_this()](const error_code& ec, std::size_t n) {
      if (phase_ != phase::body)
        return;
      if (ec) {
        close();
        return;
      }
      in_.commit(n);
      body_arrived(n);
      read_chunked_body();
    });
}

/// Sets the deadline for the next bytes: none for a while is too slow, and so
/// is a trickle over all.
void connection::body_arrived(std::size_t bytes) {
  body_deadline_ += std::chrono::milliseconds(
    bytes * 1000 / std::max<std::uint64_t>(limits().body_rate, 1));
  deadline_ =
    std::min(clock::now() + limits().body_idle_timeout, body_deadline_);
}

/// Makes sure `bytes` more may be gathered; answers 503 if not.
bool connection::room_in_body(std::size_t bytes) {
  auto& stats = reactor_->context().stats;
  const auto wanted = body_.size() + bytes;
  if (wanted <= body_accounted_)
    return true;
  const auto more = wanted - body_accounted_;
  if (stats.body_bytes.fetch_add(more) + more > limits().body_memory) {
    stats.body_bytes -= more;
    keep_alive_ = false;
    phase_ = phase::handling;
    send(error_response(
      503,
      "the server is gathering as many bodies as it has memory for; try "
      "again"));
    return false;
  }
  body_accounted_ = wanted;
  return true;
}

void connection::too_large() {
  keep_alive_ = false;
  phase_ = phase::handling;
  send(error_response(
    413,
    "the body is longer than " + std::to_string(plan_.limit) +
      " bytes, which is the most that is taken here"));
}

/// Gives what was gathered to the sink. Nothing is read meanwhile: a slow
/// disk holds back its own client, and only that.
void connection::sink_piece(bool last) {
  phase_ = phase::storing;
  deadline_in(limits().answer_timeout);
  auto self = shared_from_this();
  reactor_->context().pool.post([this, self, last] {
    auto outcome = plan_.sink->write(body_.view());
    reactor_->post([this, self, last, outcome = std::move(outcome)] {
      if (phase_ != phase::storing)
        return;
      body_.clear();
      if (!outcome) {
        keep_alive_ = keep_alive_ && last;
        phase_ = phase::handling;
        send(error_response(outcome.err()));
        return;
      }
      if (last) {
        request_.body = no_body;
        handle();
        return;
      }
      phase_ = phase::body;
      deadline_in(limits().body_idle_timeout);
      read_body();
    });
  });
}

void connection::account_body() {
  reactor_->context().stats.body_bytes -= body_accounted_;
  body_accounted_ = 0;
}

} // namespace ratchet::api::detail
