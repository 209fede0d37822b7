#include "api/detail/reactor.hpp"

#include "api/detail/connection.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace ratchet::api::detail {

namespace asio = boost::asio;

namespace {

/// Time-outs are looked at now and then, not armed per operation: a timer
/// less for every read and write. They come late by at most a period.
duration sweep_period_for(const server_limits& limits) {
  const auto shortest = std::min(
    {limits.header_timeout, limits.idle_timeout, limits.body_idle_timeout,
     limits.body_timeout, limits.write_timeout, limits.answer_timeout,
     limits.linger_timeout, limits.drain_timeout});
  return std::clamp(
    shortest / 8, duration{5}, duration{std::chrono::milliseconds{500}});
}

} // namespace

reactor::reactor(std::shared_ptr<server_context> context)
    : context_(std::move(context)),
      sweep_period_(sweep_period_for(context_->limits)) {}

reactor::~reactor() = default;

void reactor::start_thread() {
  thread_ = std::thread([self = shared_from_this()] { self->run(); });
}

void reactor::join() {
  if (thread_.joinable())
    thread_.join();
}

void reactor::run() {
  thread_id_ = std::this_thread::get_id();
  sweep();
  io_.run();
  // Nothing is left to run: late answers have nowhere to go.
  std::vector<std::function<void()>> dropped;
  {
    const std::lock_guard lock(mailbox_mutex_);
    mailbox_closed_ = true;
    dropped.swap(mailbox_);
  }
}

void reactor::post(std::function<void()> work) {
  bool wake = false;
  {
    const std::lock_guard lock(mailbox_mutex_);
    if (mailbox_closed_)
      return;
    wake = mailbox_.empty();
    mailbox_.push_back(std::move(work));
  }
  // One wake-up for all that comes until the thread looks: a group commit
  // answers many requests at once.
  if (wake)
    asio::post(io_, [this] { drain_mailbox(); });
}

void reactor::drain_mailbox() {
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(mailbox_mutex_);
    work.swap(mailbox_);
  }
  for (auto& item : work)
    item();
}

void reactor::add(asio::ip::tcp::socket socket, bool over_limit) {
  if (stopping_)
    return;
  auto added = std::make_shared<connection>(
    std::move(socket), shared_from_this(), over_limit);
  connections_.insert(added);
  ++context_->stats.connections_open;
  added->start();
}

void reactor::remove(const std::shared_ptr<connection>& gone) {
  if (connections_.erase(gone) > 0)
    --context_->stats.connections_open;
  end_if_idle();
}

void reactor::request_stop() {
  post([this] {
    if (stopping_)
      return;
    stopping_ = true;
    stop_deadline_ = clock::now() + context_->limits.drain_timeout;
    const auto all = connections_;
    for (const auto& each : all)
      each->drain();
    end_if_idle();
  });
}

void reactor::end_if_idle() {
  if (!stopping_ || !connections_.empty())
    return;
  sweep_timer_.cancel();
  work_.reset();
}

void reactor::sweep() {
  const auto now = clock::now();
  std::vector<std::shared_ptr<connection>> late;
  for (const auto& each : connections_) {
    if (each->late(now))
      late.push_back(each);
  }
  for (const auto& each : late)
    each->time_out();
  if (stopping_ && now >= stop_deadline_) {
    const auto all = connections_;
    for (const auto& each : all)
      each->close();
  }
  if (stopping_ && connections_.empty())
    return;
  sweep_timer_.expires_after(sweep_period_);
  sweep_timer_.async_wait([this](const boost::system::error_code& ec) {
    if (!ec)
      sweep();
  });
}

const std::string& reactor::date() {
  const auto second = static_cast<std::int64_t>(std::time(nullptr));
  if (second != date_second_) {
    date_second_ = second;
    const std::time_t now = second;
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    // Written by hand: strftime's names follow the locale.
    static constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed",
                                                     "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> months{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun",
      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::array<char, 40> text{};
    std::snprintf(
      text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
      days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
      months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
      parts.tm_hour, parts.tm_min, parts.tm_sec);
    date_ = text.data();
  }
  return date_;
}

} // namespace ratchet::api::detail
