#pragma once

#include "api/server.hpp"
#include "api/worker_pool.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

namespace ratchet::api::detail {

class connection;

/// What the reactors of a server share.
struct server_context {
  server_context(
    const server_limits& bounds, application& served, worker_pool& workers)
      : limits(bounds), app(served), pool(workers) {}

  server_limits limits;
  application& app;
  worker_pool& pool;
  server_stats stats;
};

/// One io thread and the connections it owns. Everything but `post` and
/// `request_stop` happens on its thread, so that nothing else is locked.
class reactor : public std::enable_shared_from_this<reactor> {
public:
  using clock = std::chrono::steady_clock;

  explicit reactor(std::shared_ptr<server_context> context);
  ~reactor();

  void start_thread();
  /// Waits for its connections to finish and for the thread to end.
  void join();

  /// Runs `work` on the thread, soon; drops it once the reactor has ended.
  /// From any thread.
  void post(std::function<void()> work);
  [[nodiscard]] bool on_thread() const {
    return std::this_thread::get_id() == thread_id_;
  }

  /// Ends idle connections now, others after their request. Any thread.
  void request_stop();
  [[nodiscard]] bool stopping() const { return stopping_; }

  void add(boost::asio::ip::tcp::socket socket, bool over_limit);
  void remove(const std::shared_ptr<connection>& connection);

  [[nodiscard]] server_context& context() { return *context_; }
  [[nodiscard]] boost::asio::io_context& io() { return io_; }
  /// The time of day as HTTP writes it; made once a second.
  [[nodiscard]] const std::string& date();

private:
  void run();
  void drain_mailbox();
  void sweep();
  void end_if_idle();

  std::shared_ptr<server_context> context_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
    work_{io_.get_executor()};
  boost::asio::steady_timer sweep_timer_{io_};
  duration sweep_period_;
  std::unordered_set<std::shared_ptr<connection>> connections_;
  bool stopping_ = false;
  clock::time_point stop_deadline_;
  std::string date_;
  std::int64_t date_second_ = 0;

  std::thread thread_;
  std::atomic<std::thread::id> thread_id_;

  std::mutex mailbox_mutex_;
  std::vector<std::function<void()>> mailbox_;
  bool mailbox_closed_ = false;
};

} // namespace ratchet::api::detail
