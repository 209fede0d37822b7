#include "api/server.hpp"

#include "api/detail/reactor.hpp"
#include "base/log.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <future>
#include <utility>
#include <vector>

namespace ratchet::api {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

/// Out of file descriptors: how long to leave the queue alone.
constexpr std::chrono::milliseconds accept_pause{100};
/// Connections over the limit that still get to read why.
constexpr std::size_t refusal_room = 64;

result<asio::ip::address> to_address(const std::string& text) {
  error_code ec;
  const auto address =
    asio::ip::make_address(text == "localhost" ? "127.0.0.1" : text, ec);
  if (ec)
    return error{
      errc::invalid_argument,
      "\"" + text +
        "\" is no address to listen on; give a numeric one, such "
        "as 127.0.0.1 or ::1"};
  return address;
}

} // namespace

bool is_loopback(const std::string& address) {
  const auto parsed = to_address(address);
  return parsed.ok() && parsed->is_loopback();
}

bool is_numeric_address(const std::string& host) {
  error_code ec;
  static_cast<void>(asio::ip::make_address(host, ec));
  return !ec;
}

/// Accepts on the first reactor's thread and deals connections out in turn.
/// (SO_REUSEPORT would hash few connections unevenly, and let a second engine
/// take the same port without an error.)
struct http_server::state {
  std::shared_ptr<detail::server_context> context;
  std::vector<std::shared_ptr<detail::reactor>> reactors;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::uint16_t port = 0;
  std::size_t next = 0;
  bool stopped = false;

  explicit state(
    std::shared_ptr<detail::server_context> shared,
    std::vector<std::shared_ptr<detail::reactor>> threads)
      : context(std::move(shared)), reactors(std::move(threads)),
        acceptor(reactors.front()->io()), pause(reactors.front()->io()) {}

  error_code listen(const tcp::endpoint& at) {
    error_code ec;
    acceptor.open(at.protocol(), ec);
    if (!ec)
      acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec)
      acceptor.bind(at, ec);
    if (!ec)
      acceptor.listen(1024, ec);
    if (!ec)
      port = acceptor.local_endpoint(ec).port();
    return ec;
  }

  void accept() {
    auto owner = reactors[next++ % reactors.size()];
    acceptor.async_accept(
      owner->io(), [this, owner](const error_code& ec, tcp::socket socket) {
        if (ec == asio::error::operation_aborted || !acceptor.is_open())
          return;
        if (ec) {
          accept_later(ec);
          return;
        }
        auto& stats = context->stats;
        ++stats.connections_accepted;
        const auto open = stats.connections_open.load();
        const bool over = open >= context->limits.max_connections;
        if (over)
          ++stats.connections_refused;
        if (open < context->limits.max_connections + refusal_room) {
          auto held = std::make_shared<tcp::socket>(std::move(socket));
          owner->post(
            [owner, held, over] { owner->add(std::move(*held), over); });
        }
        accept();
      });
  }

  void accept_later(const error_code& why) {
    log(
      log_level::warning, "a connection cannot be accepted; trying again",
      {{"reason", why.message()}});
    pause.expires_after(accept_pause);
    pause.async_wait([this](const error_code& ec) {
      if (!ec)
        accept();
    });
  }

  void stop() {
    if (std::exchange(stopped, true))
      return;
    // The acceptor belongs to the first reactor's thread.
    std::promise<void> closed;
    reactors.front()->post([this, &closed] {
      error_code ignored;
      acceptor.close(ignored);
      pause.cancel();
      closed.set_value();
    });
    closed.get_future().wait();
    for (const auto& each : reactors)
      each->request_stop();
    for (const auto& each : reactors)
      each->join();
  }
};

http_server::http_server(std::unique_ptr<state> made)
    : state_(std::move(made)) {}

http_server::~http_server() {
  stop();
}

result<std::unique_ptr<http_server>> http_server::start(
  const server_options& options, application& app, worker_pool& pool) {
  auto address = to_address(options.address);
  if (!address)
    return address.err();
  auto context =
    std::make_shared<detail::server_context>(options.limits, app, pool);
  std::vector<std::shared_ptr<detail::reactor>> reactors;
  for (unsigned i = 0; i < std::max(options.threads, 1U); ++i)
    reactors.push_back(std::make_shared<detail::reactor>(context));
  auto made = std::make_unique<state>(context, reactors);
  if (const auto ec = made->listen({*address, options.port}))
    return error{
      errc::io_error,
      "cannot listen on " + options.address + ":" +
        std::to_string(options.port) + ": " + ec.message()};
  for (const auto& each : reactors)
    each->start_thread();
  auto* raw = made.get();
  reactors.front()->post([raw] { raw->accept(); });
  return std::unique_ptr<http_server>(new http_server(std::move(made)));
}

std::uint16_t http_server::port() const {
  return state_->port;
}
const server_stats& http_server::stats() const {
  return state_->context->stats;
}
void http_server::stop() {
  state_->stop();
}

} // namespace ratchet::api
