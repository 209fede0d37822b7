#pragma once

#include "api/detail/buffer.hpp"
#include "api/detail/reactor.hpp"
#include "api/detail/request_parser.hpp"
#include "api/message.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace ratchet::api::detail {

/// One client. Requests of a connection are taken one after the other: while
/// one is being handled nothing is read, so pipelined requests wait in the
/// socket and answers cannot overtake each other.
///
///   waiting --bytes--> header --> body --> handling --answer--> writing
///      ^                 |         |                              |
///      +-----------------+---------+---- keep-alive --------------+
///                        +---------+---- refused ---> writing --> lingering
///
/// All members but `answer` and `answer_now` are for the reactor's thread.
class connection final : public exchange,
                         public std::enable_shared_from_this<connection> {
public:
  using clock = reactor::clock;

  /// One `over_limit` gets 503 for whatever it asks.
  connection(
    boost::asio::ip::tcp::socket socket, std::shared_ptr<reactor> owner,
    bool over_limit);
  ~connection() override;

  void start();
  [[nodiscard]] bool late(clock::time_point now) const {
    return now >= deadline_;
  }
  /// The current phase took too long.
  void time_out();
  /// The server stops: no further request after the one in flight.
  void drain();
  void close();

  void answer(std::uint64_t number, std::function<response()> make) override;
  void answer_now(std::uint64_t number, response made) override;

private:
  enum class phase : std::uint8_t {
    waiting, ///< For the first byte of a request.
    header,
    body,
    storing, ///< The worker pool has a piece of the body.
    handling,
    writing,
    lingering, ///< Answered; what still comes in is thrown away.
    closed,
  };

  using error_code = boost::system::error_code;

  // connection.cpp: life, header, handling
  void next_request();
  void read_header();
  void take_header(std::size_t size);
  void refuse(const parse_failure& failure);
  void handle();
  void linger();
  void discard();

  // connection_body.cpp: the request's body
  void begin_body();
  void send_continue();
  void read_body();
  void read_plain_body();
  void read_chunked_body();
  void body_arrived(std::size_t bytes);
  [[nodiscard]] bool room_in_body(std::size_t bytes);
  void too_large();
  void sink_piece(bool last);
  void account_body();

  // connection_answer.cpp: the response
  void send(response made);
  void write_head(const response& made);
  void write_more();
  void written(std::size_t bytes);
  void write_file_piece();
  void answer_written();
  void release_request();

  void deadline_in(duration time) { deadline_ = clock::now() + time; }
  [[nodiscard]] const server_limits& limits() const {
    return reactor_->context().limits;
  }

  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<reactor> reactor_;
  const bool over_limit_;
  phase phase_ = phase::waiting;
  clock::time_point deadline_;
  clock::time_point request_began_;

  // The request. `head_` holds the text that `request_` has views of.
  buffer in_;
  std::string head_;
  request request_;
  request_parser parser_;
  body_plan plan_;
  std::size_t searched_ = 0; ///< Bytes of `in_` without a blank line.
  std::uint64_t number_ = 0; ///< Of the request; answers to others are late.
  std::size_t in_place_ = 0; ///< Bytes of `in_` that are the body.
  buffer body_;
  std::uint64_t body_received_ = 0;
  std::size_t body_accounted_ = 0;
  clock::time_point body_deadline_;
  bool keep_alive_ = true;
  bool complete_ = false;  ///< The request was read to its end.
  bool abandoned_ = false; ///< Its handler did not answer in time.

  // The response.
  std::string out_head_;
  response response_;
  std::string_view out_body_;
  std::size_t out_head_sent_ = 0;
  std::uint64_t file_offset_ = 0;
  std::string file_piece_;
  std::size_t discarded_ = 0;
};

} // namespace ratchet::api::detail
