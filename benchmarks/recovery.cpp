// How long is a node away when it is killed: from the start of the process to
// a yes of /readyz, with a large history, and with many iterations in flight?
//
//   bench_recovery [--events N]

#include "actors/node.hpp"
#include "api/http_client.hpp"
#include "benchmarks/engine_process.hpp"
#include "benchmarks/load_client.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>

namespace {

using namespace ratchet;
using namespace ratchet::benchmarks;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

api::http_client client_of(const server_process& server) {
  return api::http_client{"http://127.0.0.1:" + std::to_string(server.port())};
}

/// Starts the engine on `data` and waits until it says that it is ready.
double start_until_ready(
  const std::filesystem::path& data, const std::vector<loop>& loops) {
  const auto before = steady::now();
  const server_process server{engine_with(data, loops)};
  auto http = client_of(server);
  while (true) {
    const auto answer = http.get("/readyz");
    if (answer && answer->status == 200)
      break;
    std::this_thread::sleep_for(1ms);
  }
  return std::chrono::duration<double>(steady::now() - before).count();
}

void print(const char* what, std::uint64_t count, double seconds) {
  std::printf(
    R"({"bench":"recovery","case":"%s","count":%llu,"ready_seconds":%.3f})"
    "\n",
    what, static_cast<unsigned long long>(count), seconds);
  std::fflush(stdout);
}

void run_history(std::uint64_t events) {
  const scratch_directory data;
  {
    server_process server{engine_with(data.path(), {bench_loop()})};
    load_case load;
    load.port = server.port();
    load.body_events = 1000;
    load.connections = 8;
    load.max_events = events;
    (void)run_load(load);
    server.kill();
  }
  print(
    "stored_events", events, start_until_ready(data.path(), {bench_loop()}));
}

constexpr std::uint64_t per_loop = 1000;

/// Its one stage does not end by itself.
loop waiting_loop(std::uint64_t index) {
  return loop("waiting-" + std::to_string(index))
    .timing(asynchronous{.max_in_flight = per_loop})
    .stage("wait", [](stage_context& context) -> result<stage_output> {
      while (!context.canceled())
        std::this_thread::sleep_for(5ms);
      return error{errc::canceled, "asked to stop"};
    });
}

void run_in_flight(std::uint64_t count) {
  const scratch_directory data;
  std::vector<loop> loops;
  for (std::uint64_t i = 0; i < count / per_loop; ++i)
    loops.push_back(waiting_loop(i));
  {
    server_process server{engine_with(data.path(), loops)};
    auto http = client_of(server);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto answer = http.post(
        "/v1/loops/waiting-" + std::to_string(i / per_loop) + "/trigger", "{}");
      if (!answer || answer->status != 200) {
        std::fprintf(
          stderr, "cannot start iteration %llu\n",
          static_cast<unsigned long long>(i + 1));
        std::exit(1);
      }
    }
    server.kill();
  }
  print("in_flight", count, start_until_ready(data.path(), loops));
}

} // namespace

int main(int argc, char** argv) {
  std::uint64_t events = 1'000'000;
  if (argc == 3 && std::strcmp(argv[1], "--events") == 0)
    events = std::strtoull(argv[2], nullptr, 10);
  run_history(events);
  run_in_flight(1000);
  run_in_flight(10000);
}
