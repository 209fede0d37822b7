#include "benchmarks/load_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string_view>

namespace ratchet::benchmarks {

namespace {

using steady = std::chrono::steady_clock;

/// Width of the numbers inside ids: renumbering never moves a byte.
constexpr std::size_t digits = 12;

void put_number(char* at, std::uint64_t number) {
  for (std::size_t i = digits; i-- > 0; number /= 10)
    at[i] = static_cast<char>('0' + number % 10);
}

std::string padded(std::uint64_t number) {
  std::string out(digits, '0');
  put_number(out.data(), number);
  return out;
}

/// A request whose ids can be renumbered in place.
struct body_template {
  std::string bytes;
  struct place {
    std::size_t at;
    std::uint64_t offset; ///< Number relative to the body's first.
  };
  std::vector<place> places;
};

/// Bodies of one event are feedback on every other connection, so that the
/// mix is the same for all sizes.
body_template make_template(const load_case& load, std::size_t connection) {
  body_template made;
  std::string body;
  std::vector<body_template::place> places;
  const std::uint64_t base =
    900'000'000'000ULL + (load.body_events == 1 ? connection % 2 : 0);
  for (unsigned i = 0; i < load.body_events; ++i) {
    const auto line = event_line(load.loop, base + i);
    for (const auto wanted : {base + i, base + i - 1}) {
      const auto text = padded(wanted);
      for (auto at = line.find(text); at != std::string::npos;
           at = line.find(text, at + 1))
        places.push_back({body.size() + at, wanted - base});
    }
    body += line;
  }
  made.bytes = "POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
               "Content-Type: application/x-ndjson\r\nContent-Length: " +
    std::to_string(body.size()) + "\r\n\r\n";
  for (auto& place : places)
    place.at += made.bytes.size();
  made.bytes += body;
  made.places = std::move(places);
  return made;
}

struct connection {
  int socket = -1;
  body_template request;
  std::size_t sent = 0;
  std::string answer;
  steady::time_point due;
  bool busy = false;
};

int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (
    ::connect(
      socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
    0) {
    std::perror("connect");
    std::exit(1);
  }
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

/// Size of a whole answer at the start of `text`; 0 while it is not complete.
std::size_t answer_size(std::string_view text) {
  const auto head = text.find("\r\n\r\n");
  if (head == std::string_view::npos)
    return 0;
  std::string lower{text.substr(0, head)};
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const auto at = lower.find("content-length:");
  if (at == std::string::npos)
    return 0;
  const auto length = std::strtoull(lower.c_str() + at + 15, nullptr, 10);
  return text.size() >= head + 4 + length ? head + 4 + length : 0;
}

std::uint64_t accepted_in(std::string_view answer) {
  constexpr std::string_view key = "\"accepted\":";
  const auto at = answer.find(key);
  if (at == std::string_view::npos)
    return 0;
  std::uint64_t count = 0;
  const auto* from = answer.data() + at + key.size();
  std::from_chars(from, answer.data() + answer.size(), count);
  return count;
}

class driver {
public:
  explicit driver(const load_case& load)
      : load_(load), next_id_(load.first_id), epoll_(::epoll_create1(0)) {
    connections_.resize(load.connections);
    for (auto& c : connections_) {
      c.socket = connect_to(load.port);
      c.request =
        make_template(load, static_cast<std::size_t>(&c - connections_.data()));
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &c;
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, c.socket, &event);
      idle_.push_back(&c);
    }
  }
  ~driver() {
    for (auto& c : connections_)
      ::close(c.socket);
    ::close(epoll_);
  }
  driver(const driver&) = delete;
  driver& operator=(const driver&) = delete;

  load_result run() {
    start_ = steady::now();
    const auto end = start_ +
      std::chrono::duration_cast<steady::duration>(
                       std::chrono::duration<double>(load_.seconds));
    std::array<epoll_event, 256> events{};
    bool sending = true;
    while (sending || idle_.size() < connections_.size()) {
      const auto now = steady::now();
      sending = load_.max_events != 0 ? offered_ < load_.max_events : now < end;
      if (sending)
        send_what_is_due(now);
      const int ready = ::epoll_wait(
        epoll_, events.data(), static_cast<int>(events.size()),
        load_.rate > 0 ? 1 : 100);
      for (int i = 0; i < ready; ++i)
        on_ready(
          *static_cast<connection*>(
            events[static_cast<std::size_t>(i)].data.ptr),
          events[static_cast<std::size_t>(i)].events);
    }
    return finish();
  }

private:
  void send_what_is_due(steady::time_point now) {
    while (!idle_.empty()) {
      auto due = now;
      if (load_.rate > 0) {
        due = start_ +
          std::chrono::duration_cast<steady::duration>(
                std::chrono::duration<double>(
                  static_cast<double>(offered_) / load_.rate));
        if (due > now)
          return;
      }
      auto& c = *idle_.front();
      idle_.pop_front();
      begin(c, due);
      if (load_.max_events != 0 && offered_ >= load_.max_events)
        return;
    }
  }

  void begin(connection& c, steady::time_point due) {
    for (const auto& place : c.request.places)
      put_number(
        c.request.bytes.data() + place.at, next_id_ + 1 + place.offset);
    next_id_ += load_.body_events;
    offered_ += load_.body_events;
    c.due = due;
    c.sent = 0;
    c.busy = true;
    push(c);
  }

  void push(connection& c) {
    while (c.sent < c.request.bytes.size()) {
      const auto n = ::send(
        c.socket, c.request.bytes.data() + c.sent,
        c.request.bytes.size() - c.sent, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n <= 0) {
        if (n < 0 && errno != EAGAIN) {
          std::perror("send");
          std::exit(1);
        }
        watch(c, EPOLLIN | EPOLLOUT);
        return;
      }
      c.sent += static_cast<std::size_t>(n);
    }
  }

  void watch(connection& c, std::uint32_t what) const {
    epoll_event event{};
    event.events = what;
    event.data.ptr = &c;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, c.socket, &event);
  }

  void on_ready(connection& c, std::uint32_t what) {
    if ((what & EPOLLOUT) != 0) {
      push(c);
      if (c.sent == c.request.bytes.size())
        watch(c, EPOLLIN);
    }
    if ((what & EPOLLIN) == 0)
      return;
    std::array<char, 16384> buffer{};
    const auto n = ::recv(c.socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n <= 0) {
      std::fprintf(stderr, "the server closed a connection\n");
      std::exit(1);
    }
    c.answer.append(buffer.data(), static_cast<std::size_t>(n));
    const auto size = answer_size(c.answer);
    if (size == 0)
      return;
    const auto accepted =
      accepted_in(std::string_view{c.answer}.substr(0, size));
    if (accepted != load_.body_events)
      ++result_.failed_requests;
    if (accepted != load_.body_events && result_.failed_requests == 1)
      std::fprintf(stderr, "first failure: %s\n", c.answer.c_str());
    result_.events += accepted;
    latencies_ms_.push_back(
      std::chrono::duration<float, std::milli>(steady::now() - c.due).count());
    c.answer.erase(0, size);
    c.busy = false;
    idle_.push_back(&c);
  }

  load_result finish() {
    result_.seconds =
      std::chrono::duration<double>(steady::now() - start_).count();
    if (latencies_ms_.empty())
      return result_;
    const auto quantile = [this](double q) {
      const auto at = static_cast<std::size_t>(
        q * static_cast<double>(latencies_ms_.size() - 1));
      std::nth_element(
        latencies_ms_.begin(),
        latencies_ms_.begin() + static_cast<std::ptrdiff_t>(at),
        latencies_ms_.end());
      return static_cast<double>(latencies_ms_[at]);
    };
    result_.p50_ms = quantile(0.50);
    result_.p99_ms = quantile(0.99);
    return result_;
  }

  load_case load_;
  std::uint64_t next_id_;
  std::uint64_t offered_ = 0;
  int epoll_;
  steady::time_point start_;
  std::vector<connection> connections_;
  std::deque<connection*> idle_;
  std::vector<float> latencies_ms_;
  load_result result_;
};

} // namespace

std::string event_line(const std::string& loop, std::uint64_t number) {
  const auto id = padded(number);
  if (number % 2 == 0)
    return R"({"kind":"interaction","id":"i-)" + id + R"(","loop":")" + loop +
      R"(","version":3,"arm":"champion","propensity":1.0,"subject":"user-17",)"
      R"("slice":{"device":"tablet"},"input":{"text":"how do I change the )"
      R"(address on my card, the app shows the old one since last week"},)"
      R"("output":{"label":"change_address","score":0.93}})"
      "\n";
  return R"({"kind":"feedback","id":"f-)" + id + R"(","loop":")" + loop +
    R"(","interaction_id":"i-)" + padded(number - 1) +
    R"(","channel":"verdict","value":true,"subject":"user-17","metadata":)"
    R"({"page":"/settings/cards","build":"2026.11.3-release","note":"shown )"
    R"(below the answer, one click, no text entered by the person here"}})"
    "\n";
}

load_result run_load(const load_case& load) {
  return driver{load}.run();
}

} // namespace ratchet::benchmarks
