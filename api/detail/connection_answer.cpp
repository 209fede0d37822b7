#include "api/detail/connection.hpp"

#include "api/errors.hpp"

#include <boost/asio/buffer.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace ratchet::api::detail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t file_piece = 256 * 1024;
/// Memory a connection keeps for its next request.
constexpr std::size_t kept_memory = 64 * 1024;
/// A body up to this size travels in one piece with its header.
constexpr std::size_t joined_body = 4 * 1024;

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto end =
    std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

/// A value that could end its line would let its author write headers.
void append_value(std::string& out, std::string_view value) {
  for (const char c : value)
    out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '_' : c);
}

} // namespace

void connection::send(response made) {
  phase_ = phase::writing;
  deadline_in(limits().write_timeout);
  response_ = std::move(made);
  if (response_.close || reactor_->stopping())
    keep_alive_ = false;
  reactor_->context().app.answered(
    request_, response_.status, clock::now() - request_began_);
  write_head(response_);
  const bool bodiless = request_.method == http_method::head;
  if (bodiless) {
    response_.file = {};
    response_.file_bytes = 0;
  }
  out_body_ = bodiless || response_.file ? std::string_view{}
                                         : std::string_view{response_.body};
  if (out_body_.size() <= joined_body) {
    out_head_ += out_body_;
    out_body_ = {};
  }
  out_head_sent_ = 0;
  file_offset_ = 0;
  write_more();
}

void connection::write_head(const response& made) {
  auto& out = out_head_;
  out.assign("HTTP/1.1 ");
  append_number(out, made.status);
  out += ' ';
  out += reason_phrase(made.status);
  out += "\r\nDate: ";
  out += reactor_->date();
  out += "\r\nContent-Type: ";
  out += made.content_type;
  out += "\r\nContent-Length: ";
  append_number(out, made.file ? made.file_bytes : made.body.size());
  if (!keep_alive_)
    out += "\r\nConnection: close";
  else if (parser_.http_1_0())
    out += "\r\nConnection: keep-alive";
  for (const auto& [name, value] : made.headers) {
    out += "\r\n";
    out += name;
    out += ": ";
    append_value(out, value);
  }
  out += "\r\n\r\n";
}

void connection::write_more() {
  const std::array<asio::const_buffer, 2> parts{
    asio::buffer(
      out_head_.data() + out_head_sent_, out_head_.size() - out_head_sent_),
    asio::buffer(out_body_.data(), out_body_.size())};
  socket_.async_write_some(
    parts,
    [this, self = shared_from_this()](const error_code& ec, std::size_t n) {
      if (phase_ != phase::writing)
        return;
      if (ec)
        close();
      else
        written(n);
    });
}

void connection::written(std::size_t bytes) {
  deadline_in(limits().write_timeout);
  const auto of_head = std::min(bytes, out_head_.size() - out_head_sent_);
  out_head_sent_ += of_head;
  out_body_.remove_prefix(bytes - of_head);
  if (out_head_sent_ < out_head_.size() || !out_body_.empty())
    write_more();
  else if (file_offset_ < response_.file_bytes)
    write_file_piece();
  else
    answer_written();
}

/// Reads the next piece on the pool. The length was promised: a file that
/// cannot be read to it ends the connection, which tells the client.
void connection::write_file_piece() {
  auto self = shared_from_this();
  reactor_->context().pool.post([this, self] {
    file_piece_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(
      file_piece, response_.file_bytes - file_offset_)));
    const auto got = ::pread(
      response_.file.descriptor(), file_piece_.data(), file_piece_.size(),
      static_cast<off_t>(file_offset_));
    reactor_->post([this, self, got] {
      if (phase_ != phase::writing)
        return;
      if (got <= 0) {
        close();
        return;
      }
      file_offset_ += static_cast<std::uint64_t>(got);
      out_body_ =
        std::string_view{file_piece_}.substr(0, static_cast<std::size_t>(got));
      deadline_in(limits().write_timeout);
      write_more();
    });
  });
}

void connection::answer_written() {
  if (!keep_alive_) {
    // Closing with unread input would reset the connection, and the client
    // might lose the answer. An abandoned request's memory is still in use.
    complete_ || abandoned_ ? close() : linger();
    return;
  }
  release_request();
  next_request();
}

void connection::release_request() {
  in_.consume(std::exchange(in_place_, 0));
  body_.clear();
  if (body_.capacity() > kept_memory)
    body_.release();
  account_body();
  if (in_.empty() && in_.capacity() > kept_memory)
    in_.release();
  response_ = {};
  if (file_piece_.capacity() > 0)
    std::string{}.swap(file_piece_);
  if (out_head_.capacity() > kept_memory)
    std::string{}.swap(out_head_);
}

} // namespace ratchet::api::detail
