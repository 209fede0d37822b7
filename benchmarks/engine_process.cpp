#include "benchmarks/engine_process.hpp"

#include "actors/node.hpp"
#include "api/service.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

namespace ratchet::benchmarks {

scratch_directory::scratch_directory() {
  std::string name =
    (std::filesystem::current_path() / "bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    std::perror("mkdtemp");
    std::exit(1);
  }
  path_ = name;
}

scratch_directory::~scratch_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

server_process::server_process(const serve_function& serve) {
  int ready[2];
  int hold[2];
  if (::pipe(ready) != 0 || ::pipe(hold) != 0) {
    std::perror("pipe");
    std::exit(1);
  }
  pid_ = ::fork();
  if (pid_ == 0) {
    ::close(ready[0]);
    ::close(hold[1]);
    serve([&](std::uint16_t port) {
      if (::write(ready[1], &port, sizeof port) != sizeof port)
        std::_Exit(1);
      char byte = 0;
      while (::read(hold[0], &byte, 1) > 0) {
      }
    });
    std::_Exit(0);
  }
  ::close(ready[1]);
  ::close(hold[0]);
  hold_ = hold[1];
  if (::read(ready[0], &port_, sizeof port_) != sizeof port_) {
    std::fprintf(stderr, "the server did not start\n");
    std::exit(1);
  }
  ::close(ready[0]);
}

server_process::~server_process() {
  if (hold_ >= 0)
    ::close(hold_);
  if (pid_ > 0)
    ::waitpid(pid_, nullptr, 0);
}

double server_process::peak_rss_mb() const {
  std::ifstream status{"/proc/" + std::to_string(pid_) + "/status"};
  std::string word;
  double kilobytes = 0;
  while (status >> word)
    if (word == "VmHWM:")
      status >> kilobytes;
  return kilobytes / 1024;
}

void server_process::kill() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void run_apart(const std::function<void()>& work) {
  std::fflush(stdout);
  const auto pid = ::fork();
  if (pid == 0) {
    work();
    std::fflush(stdout);
    std::_Exit(0);
  }
  ::waitpid(pid, nullptr, 0);
}

server_process::serve_function
engine_with(const std::filesystem::path& data, const std::vector<loop>& loops) {
  return [data, loops](const std::function<void(std::uint16_t)>& ready) {
    actors::node_options options;
    options.data_dir = data;
    options.loops = loops;
    auto node = actors::node::start(std::move(options));
    if (!node) {
      std::fprintf(stderr, "%s\n", node.err().message.c_str());
      std::_Exit(1);
    }
    api::service service{**node, {}};
    auto server = api::http_server::start({}, service, service.pool());
    if (!server) {
      std::fprintf(stderr, "%s\n", server.err().message.c_str());
      std::_Exit(1);
    }
    ready((*server)->port());
    (*server)->stop();
    (*node)->stop();
  };
}

loop bench_loop() {
  // Stages never run: the trigger asks for more than any case sends.
  return loop("bench")
    .channel(boolean("verdict"))
    .metric("accuracy")
    .from("verdict")
    .slice_by("device")
    .retrain_when(feedback_count("verdict", 1'000'000'000))
    .stage("nothing", [](stage_context&) -> result<stage_output> {
      return stage_output{};
    });
}

} // namespace ratchet::benchmarks
