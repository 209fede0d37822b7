#include "cli/host.hpp"

#include "actors/client.hpp"
#include "actors/node.hpp"
#include "api/endpoint.hpp"
#include "cli/signals.hpp"
#include "cli/terminal.hpp"
#include "storage/loop_journal.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <memory>

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ratchet::cli {

namespace {

/// A store for `dev`, gone with it.
class temporary_store {
public:
  [[nodiscard]] static result<std::unique_ptr<temporary_store>> make() {
    auto name =
      (std::filesystem::temp_directory_path() / "ratchet-dev-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      return error{
        errc::io_error,
        "cannot make a temporary store " + name + ": " + strerror(errno)};
    return std::make_unique<temporary_store>(name);
  }
  explicit temporary_store(std::string path) : path_(std::move(path)) {}
  ~temporary_store() {
    std::error_code failure;
    std::filesystem::remove_all(path_, failure);
  }
  temporary_store(const temporary_store&) = delete;
  temporary_store& operator=(const temporary_store&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

private:
  std::string path_;
};

struct socket_fd {
  int fd;
  ~socket_fd() {
    if (fd >= 0)
      close(fd);
  }
};

/// A port of `address` that can be bound now. The engine's stages must know
/// its URL before its server starts, and the server starts last.
result<std::uint16_t> bindable_port(const listen_address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const auto port = std::to_string(address.port);
  const auto code =
    getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found);
  if (code != 0)
    return error{
      errc::invalid_argument,
      "cannot listen on " + address.host + ": " + gai_strerror(code)};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner{
    found, freeaddrinfo};
  const socket_fd probe{
    socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, 0)};
  const int on = 1;
  setsockopt(probe.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(probe.fd, found->ai_addr, found->ai_addrlen) != 0)
    return error{
      errno == EADDRINUSE ? errc::conflict : errc::io_error,
      "cannot listen on " + address.host + ":" + port + ": " + strerror(errno) +
        (errno == EADDRINUSE ? "; end what listens there, or give another "
                               "address with --listen"
                             : "")};
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  auto* raw = reinterpret_cast<sockaddr*>(&bound);
  std::array<char, NI_MAXSERV> service{};
  if (
    getsockname(probe.fd, raw, &size) != 0 ||
    getnameinfo(
      raw, size, nullptr, 0, service.data(), service.size(), NI_NUMERICSERV) !=
      0)
    return error{errc::io_error, "cannot tell which port was bound"};
  std::uint16_t out = 0;
  std::from_chars(service.data(), service.data() + strlen(service.data()), out);
  return out;
}

std::string url_of(const listen_address& address) {
  // Commands of this machine reach a wildcard address over loopback.
  auto host = address.host == "0.0.0.0" ? "127.0.0.1"
    : address.host == "::"              ? "::1"
                                        : address.host;
  if (host.find(':') != std::string::npos)
    host = "[" + host + "]";
  return "http://" + host + ":" + std::to_string(address.port);
}

/// Ends what runs, so that no command outlives the store that is about to go.
void cancel_everything(actors::node& node) {
  const auto any_runs = [&node](bool cancel) {
    bool any = false;
    for (const auto& [name, definition] : node.loops()) {
      const auto loop = node.journal().find_loop(name);
      if (!loop)
        continue;
      const auto state = node.journal().load_state(*loop);
      if (!state)
        continue;
      for (const auto iteration : state->running) {
        any = true;
        if (!cancel)
          continue;
        actors::operator_request wish;
        wish.verb = actors::operator_verb::cancel;
        wish.loop = name;
        wish.iteration = iteration;
        wish.who = "dev";
        wish.reason = "the engine ends and its store is removed";
        node.request(std::move(wish), [](auto&&) {});
      }
    }
    return any;
  };
  // Nothing new may start in between.
  for (const auto& [name, definition] : node.loops()) {
    actors::operator_request wish;
    wish.verb = actors::operator_verb::pause;
    wish.loop = name;
    wish.who = "dev";
    wish.reason = "the engine ends";
    node.request(std::move(wish), [](auto&&) {});
  }
  any_runs(true);
  for (int i = 0; i < 100 && any_runs(false); ++i)
    usleep(100'000);
}

std::string names_of(const std::vector<loop>& loops) {
  std::string out;
  for (const auto& each : loops)
    out.append(out.empty() ? "" : ", ").append(each.definition().name);
  return out;
}

/// From the first signal to the end; resets the log sink on every path.
class installed_log {
public:
  explicit installed_log(const host_options& options)
      : output_(
          options.format, options.least.value_or(log_level::error),
          options.color) {
    set_log_sink(options.least ? static_cast<log_sink*>(&output_) : &silence_);
  }
  ~installed_log() { set_log_sink(nullptr); }
  installed_log(const installed_log&) = delete;
  installed_log& operator=(const installed_log&) = delete;

private:
  struct nothing final : log_sink {
    void write(
      log_level, std::string_view, std::initializer_list<log_field>) override {}
  };
  log_output output_;
  nothing silence_;
};

void hint(
  const host_options& options, const std::vector<loop>& loops,
  const std::string& url) {
  const palette paint{options.color};
  const auto line = [&](std::string_view name, const std::string& text) {
    return "  " + paint(style::dim, name) + text + "\n";
  };
  write_all(
    STDERR_FILENO,
    "\n" + line("loops   ", names_of(loops)) +
      line(
        "watch   ",
        options.program + " get " + loops.front().definition().name +
          " --watch --url " + url) +
      line("end     ", "Ctrl-C; the store is temporary and goes with it") +
      "\n");
}

result<listen_address> choose_address(const host_options& options) {
  auto address = parse_listen_address(options.listen);
  if (!address)
    return address;
  auto port = bindable_port(*address);
  if (!port && port.err().code == errc::conflict && options.any_port) {
    address->port = 0;
    port = bindable_port(*address);
  }
  if (!port)
    return port.err();
  address->port = *port;
  return address;
}

} // namespace

result<listen_address> parse_listen_address(const std::string& text) {
  const auto colon = text.rfind(':');
  listen_address out;
  const auto* end = text.data() + text.size();
  const auto mistake = error{
    errc::invalid_argument,
    "\"" + text +
      "\" is no address to listen on; give HOST:PORT, such as "
      "127.0.0.1:4600"};
  if (colon == std::string::npos)
    return mistake;
  const auto [rest, failure] =
    std::from_chars(text.data() + colon + 1, end, out.port);
  if (failure != std::errc{} || rest != end)
    return mistake;
  out.host = text.substr(0, colon);
  if (out.host.starts_with('[') && out.host.ends_with(']'))
    out.host = out.host.substr(1, out.host.size() - 2);
  else if (out.host.find(':') != std::string::npos)
    return mistake;
  if (out.host.empty())
    out.host = "127.0.0.1";
  return out;
}

result<void>
run_engine(const std::vector<loop>& loops, const host_options& options) {
  if (loops.empty())
    return error{
      errc::invalid_argument,
      "this program hosts no loops; write one that calls ratchet::main with "
      "yours (docs/guide.md), and run that program"};
  // Handlers first: a signal during a long recovery must end it in order.
  const stop_signals signals;
  const installed_log logs{options};

  api::endpoint_options border;
  const auto address = choose_address(options);
  if (!address)
    return address.err();
  border.server.address = address->host;
  border.server.port = address->port;
  border.insecure = options.insecure;
  border.token_file = options.token_file;
  if (auto allowed = api::check(border); !allowed)
    return allowed;

  std::unique_ptr<temporary_store> temporary;
  actors::node_options inside;
  inside.data_dir = options.data;
  if (options.data.empty()) {
    auto made = temporary_store::make();
    if (!made)
      return made.err();
    temporary = std::move(*made);
    inside.data_dir = temporary->path();
  }
  inside.loops = loops;
  inside.url = url_of(*address);
  inside.scheduler_threads = options.threads;
  inside.limits.slots = static_cast<std::uint32_t>(options.slots);
  inside.limits.labels = options.limits;
  auto node = actors::node::start(std::move(inside));
  if (!node)
    return node.err();
  auto endpoint = api::endpoint::start(**node, border);
  if (!endpoint) {
    (*node)->stop();
    return endpoint.err();
  }
  log(
    log_level::info, "serving",
    {{"url", (*endpoint)->url()},
     {"data", temporary ? temporary->path() : options.data},
     {"loops", names_of(loops)}});
  write_all(STDOUT_FILENO, (*endpoint)->url() + "\n");
  if (temporary && is_terminal(STDERR_FILENO))
    hint(options, loops, (*endpoint)->url());

  signals.wait();
  log(log_level::info, "stopping");
  if (temporary)
    cancel_everything(**node);
  (*endpoint)->stop();
  (*node)->stop();
  log(log_level::info, "stopped");
  return {};
}

} // namespace ratchet::cli
